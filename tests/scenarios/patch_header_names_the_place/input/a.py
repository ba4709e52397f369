def a():
    go()


def b():
    go()
