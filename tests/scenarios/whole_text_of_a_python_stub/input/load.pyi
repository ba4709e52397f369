def weigh(load):
    total = 0
    for item in load:
        total += item
    return total
