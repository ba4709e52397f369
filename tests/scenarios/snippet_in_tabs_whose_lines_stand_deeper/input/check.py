def check(node):
    body = node.body
    name = node.name
    if node.required and not blank(body):
        fail("only blanks")
    return node
