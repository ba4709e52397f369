/*
 * Pumps and their valves.
 */

/* Opens the valve first. */
int pump(int litres) {
    return litres;
}

/*
 * Drains.
 */

int drain(int litres) {
    return -litres;
}
