def area(w, h):
    # width times height
    return w * h


def main():
    if True:
        size = area(2, 3)
        print(size)
        print("done")
