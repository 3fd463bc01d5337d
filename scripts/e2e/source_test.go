package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// frames is how ffmpeg is told what the film's frames are, and that they come from its input.
var frames = []string{"-v", "error", "-fflags", "nobuffer", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1280x720", "-r", "30", "-i", "-"}

// buildFilm builds what writes the scene's frames, and returns the command that does.
func buildFilm(t *testing.T) (*exec.Cmd, error) {
	t.Helper()
	scene := filepath.Join(t.TempDir(), "scene")
	if out, err := exec.Command("go", "build", "-o", scene, "../../vision/bench").CombinedOutput(); err != nil {
		t.Logf("%s", out)
		return nil, err
	}
	return exec.Command(scene, "film"), nil
}

// sources says what of the work is the frames' coming, of which a camera's would be another's: eye draws the house itself,
// ffmpeg reads it from another program. whole is what each side took, watched by one, as it was printed.
func sources(t *testing.T, sides []side, whole map[string]float64) {
	t.Helper()
	draws, err := buildFilm(t)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]float64{}
	of[sides[0].name] = takes(t, draws, draws)
	if len(sides) > 1 {
		film, err := buildFilm(t)
		if err != nil {
			t.Fatal(err)
		}
		reads := exec.Command("ffmpeg", append(frames, "-f", "null", "-")...)
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		film.Stdout, reads.Stdin = to, from
		of[sides[1].name] = takes(t, reads, reads, film)
	}
	how := map[string]string{sides[0].name: "drawing the scene in eye", "MediaMTX": "ffmpeg's reading of frames that another draws"}
	for _, s := range sides {
		say("  %-10s watched by 1, without the frames' coming (%s, %.1f): processor seconds a minute %.1f", s.name, how[s.name], of[s.name], whole[s.name]-of[s.name])
	}
}

// takes is what a program takes, in processor seconds a minute, while the given ones run and nothing is encoded.
func takes(t *testing.T, c *exec.Cmd, all ...*exec.Cmd) float64 {
	t.Helper()
	for _, one := range all {
		if err := start(t, one); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = one.Process.Kill() }()
	}
	time.Sleep(2 * time.Second)
	before, begun := workOf(c)(), time.Now()
	time.Sleep(seconds * time.Second)
	return (workOf(c)() - before) / time.Since(begun).Minutes()
}
