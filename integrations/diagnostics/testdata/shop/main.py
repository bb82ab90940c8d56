import cart


def main():
    cart.first([])


main()
