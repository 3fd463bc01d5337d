package main

import (
	"fmt"
	"strings"
	"testing"

	"vestibule/vision"
	"vestibule/vision/scene"
)

func TestSizesAreVisions(t *testing.T) {
	for _, w := range []int{0, 239, 240, 242, 318, 319, 320, 640, 1080, 1082, 1920, 1921, 1922} {
		for _, h := range []int{0, 238, 240, 241, 320, 1080, 1081, 1082, 1920, 1922} {
			got, want := checkSize(fmt.Sprintf("%dx%d", w, h)), vision.Size{Width: w, Height: h}.Check()
			if (got == nil) != (want == nil) {
				t.Errorf("%v, but vision says %v", got, want)
			}
		}
	}
}

func TestShapeIsTheScenes(t *testing.T) {
	write := func(ps ...vision.Point) string {
		var s []string
		for _, p := range ps {
			s = append(s, fmt.Sprintf("%d,%d", p.X, p.Y))
		}
		return strings.Join(s, "_")
	}
	for what, c := range map[string]struct{ got, want string }{
		"zone":           {sceneZone, write(scene.Zone...)},
		"zone and clock": {clockZone, write(scene.ClockZone...)},
		"lamp":           {sceneLamp, write(scene.Lamp.Min, scene.Lamp.Max)},
	} {
		if c.got != c.want {
			t.Errorf("%s is %s, the scene's is %s", what, c.got, c.want)
		}
	}
}
