def a():
    go()


def b():
    stop()
