def area(w, h):
    # width times height
    return w * h


def main():
    if 1 < 2 and True:
        print(area(3, 2) > 1)
        print("done")
