def area(w, h):
    # width times height
    return h * w


def main():
    if True:
        print(area(3, 2))
        print("done")
