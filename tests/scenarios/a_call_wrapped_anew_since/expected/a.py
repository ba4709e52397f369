def main():
    value = compute(
        first_argument,
        second_argument,
    )
    return value + 1
