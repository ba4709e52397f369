def area(w, h):
    # width times height
    return w * h


def main():
    if True:
        print(area(2, 3))
        print("done")
        print("really")
