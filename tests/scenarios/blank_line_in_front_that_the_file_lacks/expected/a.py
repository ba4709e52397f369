def area(w, h):
    # width times height
    return h * w


def main():
    if True:
        print(area(2, 3))
        print("done")
