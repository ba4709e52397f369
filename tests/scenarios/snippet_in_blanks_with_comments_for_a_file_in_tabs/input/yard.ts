/**
 * Boats.
 */
export class Yard {
	/**
	 * How many.
	 */
	count() {
		return 1;
	}

	/**
	 * Which one.
	 */
	first() {
		return this.boats[0];
	}
}
