def size(w, h):
    # width times height
    return w * h


def main():
    if True:
        print(size(2, 3))
        print("done")
