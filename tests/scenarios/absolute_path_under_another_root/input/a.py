import a


def volume(w, h, d):
    return a.area(w, h) * d
