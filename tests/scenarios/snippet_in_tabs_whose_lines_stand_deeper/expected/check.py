def check(node):
    body = node.body
    name = node.name
    if node.required:
        if not blank(body):
            fail("only blanks")
    return node
