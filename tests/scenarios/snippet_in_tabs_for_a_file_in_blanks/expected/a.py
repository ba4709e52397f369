def area(w, h):
    # width times height
    return w * h


def main():
    if True:
        print(area(4, 5))
        print("done")
