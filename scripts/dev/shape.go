package main

// The drawn scene's visible zone, with and without the clock, and the place of its lamp. They are
// vision/scene's own, written down once more because linking that would link a camera library here; a
// test compares them.
const (
	sceneZone = "3875,444_6125,444_6125,1500_6750,1500_6750,2950_6125,2950_6125,7333_6650,9778_3350,9778_3875,7333"
	clockZone = "0,0_5000,0_5000,444_6125,444_6125,1500_6750,1500_6750,2950_6125,2950_6125,7333_6650,9778_3350,9778_" +
		"3875,7333_3875,1340_0,1340"
	sceneLamp = "6203,1778_6563,2639"
)

// zoneOf returns the visible zone that the pairing link proposes.
func zoneOf(clock bool) string {
	if clock {
		return clockZone
	}
	return sceneZone
}
