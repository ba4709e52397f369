def check(node):
    body = node.body
    if node.required and not all(
        is_blank(child)
        for child in body
    ):
        fail("only blanks")
    return node
