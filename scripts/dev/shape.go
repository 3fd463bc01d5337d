package main

// shape returns the visible zone and the place of the lamp in the drawn scene, as the pairing link
// says them. They are the scene's own (vision/scene), written down here because linking that would
// link a camera library; a test compares the two.
func shape(clock bool) (zone, lamp string) {
	return "3500,500_6500,500_6500,7600_7200,9800_2800,9800_3500,7600", "6100,2600_6400,3100"
}
