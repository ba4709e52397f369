/*
 * Pumps.
 */

int pump(int litres) {
    return litres;
}

/*
 * Drains.
 */

int drain(int litres) {
    return -litres;
}
