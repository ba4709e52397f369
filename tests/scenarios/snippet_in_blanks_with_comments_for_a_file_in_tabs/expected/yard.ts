/**
 * Boats.
 */
export class Yard {
	/**
	 * How many there are.
	 */
	count() {
		return this.boats.length;
	}

	/**
	 * Which one.
	 */
	first() {
		return this.boats[0];
	}
}
