package main

import (
	"fmt"
	"strings"
	"testing"

	"vestibule/vision"
	"vestibule/vision/scene"
)

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
