// Package firmware_test holds the walls between the rooms of this repository, and shows
// that the programs run behind theirs. Run it by "make walls": go test would not notice that
// another package's imports have changed, so it must not be cached.
package firmware_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ban keeps a package, and those below it, out of what a program links.
type ban struct{ path, why string }

const (
	noNet     = "it has no network; what it links could open one, and what it does not link cannot"
	noPion    = "who speaks WebRTC has a network and a stranger's packets to parse"
	noPaho    = "who speaks MQTT has a network and a stranger's packets to parse"
	noCamera  = "who sees raw frames has neither a network nor a door"
	noPins    = "who moves the bolt has neither a network nor a camera; eye's camera power is gate's to give"
	noSim     = "a device that can simulate a door can be made to believe in one"
	noScene   = "a device that can draw a hallway can be made to show one"
	noDevice  = "a hub is a carrier: it holds no device's code, and a device none of its own"
	noAttack  = "what attacks the glass has raw frames, and no place on a device"
	pureSight = "vision turns frames into redacted ones and knows nobody to give them to"
)

var (
	networks = []ban{{"net", noNet}, {"crypto/tls", noNet}, {"crypto/x509", noNet}, {"github.com/pion", noPion}, {"github.com/eclipse/paho.mqtt.golang", noPaho}}
	cameras  = []ban{{"vestibule/vision", noCamera}, {"gocv.io/x/gocv", noCamera}}
	pins     = []ban{{"vestibule/hardware", noPins}, {"periph.io/x/conn/v3/gpio", noPins}, {"github.com/warthog618/go-gpiocdev", noPins}}
)

// rules: what none of a package's dependencies may be, in which build.
var rules = []struct {
	who   []string // patterns
	build []string // tags
	never []ban
}{
	{[]string{"./vision/..."}, nil, append([]ban{
		{"vestibule/firmware", pureSight}, {"vestibule/hub", pureSight}, {"vestibule/hardware", pureSight},
	}, networks...)},
	{[]string{"./firmware/eye/..."}, nil, slices.Concat(networks, pins, []ban{{"vestibule/vision/scene", noScene}, {"vestibule/vision/attack", noAttack}})},
	{[]string{"./firmware/eye/..."}, []string{"desk"}, append([]ban{{"vestibule/vision/attack", noAttack}}, networks...)},
	{[]string{"./firmware/gate/..."}, nil, slices.Concat(networks, cameras, []ban{{"vestibule/hardware/sim", noSim}})},
	{[]string{"./firmware/gate/..."}, []string{"desk"}, slices.Concat(networks, cameras)},
	{[]string{"./firmware/link/..."}, nil, slices.Concat(cameras, pins)},
	{[]string{"./firmware/link/..."}, []string{"desk"}, slices.Concat(cameras, pins)},
	{[]string{"./firmware/pipe/...", "./firmware/walls/...", "./firmware/internal/..."}, nil, slices.Concat(networks, cameras, pins)},
	{[]string{"./hardware/..."}, nil, slices.Concat(networks, cameras, []ban{
		{"vestibule/firmware", "a driver obeys whoever holds it"}, {"vestibule/hub", "a driver obeys whoever holds it"},
	})},
	{[]string{"./hub/..."}, nil, []ban{{"vestibule/firmware", noDevice}, {"vestibule/vision", noDevice}, {"vestibule/hardware", noDevice}}},
}

// TestImports checks the rules on what is really linked. A rule that matches nothing, or a
// ban of something that does not exist, is a mistake in here.
func TestImports(t *testing.T) {
	// Everything that any of us links, to know a ban of nothing by.
	universe := deps(t, []string{"desk"}, "./...")
	for _, r := range rules {
		name := strings.Join(r.who, " ")
		if len(r.build) > 0 {
			name += " -tags " + strings.Join(r.build, ",")
		}
		t.Run(name, func(t *testing.T) {
			linked := deps(t, r.build, r.who...)
			for _, b := range r.never {
				if i := slices.IndexFunc(universe, b.hits); i < 0 {
					t.Errorf("%s is banned, and nobody links it: is that still its name?", b.path)
				}
				for _, p := range linked {
					if b.hits(p) {
						t.Errorf("links %s: %s\n%s", p, b.why, why(t, r.build, r.who, p))
					}
				}
			}
		})
	}
}

func (b ban) hits(path string) bool { return path == b.path || strings.HasPrefix(path, b.path+"/") }

// The statements and the words on the wire are shared by all, so they bring nothing along.
func TestSharedPackagesBringNothingAlong(t *testing.T) {
	const note = "golang.org/x/mod/sumdb/note"
	seen := false
	for _, p := range []string{"./hub/pass", "./hub/wire"} {
		for _, d := range list(t, nil, "-deps", p) {
			switch {
			case d.Standard || d.ImportPath == "vestibule/hub/pass" || d.ImportPath == "vestibule/hub/wire":
			case d.ImportPath == note:
				seen = true
			default:
				t.Errorf("%s links %s: it may use the standard library and %s", p, d.ImportPath, note)
			}
		}
		if (ban{path: "net"}).among(deps(t, nil, p)) {
			t.Errorf("%s links net: %s", p, noNet)
		}
	}
	if !seen {
		t.Errorf("%s is permitted, and nobody uses it", note)
	}
}

func (b ban) among(paths []string) bool { return slices.ContainsFunc(paths, b.hits) }

// Raw frames have no name outside vision: the compiler refuses.
func TestRawFramesHaveNoNameOutsideVision(t *testing.T) {
	for _, c := range []struct{ name, file, code, wants string }{
		{"the redacted picture", "firmware/eye/internal/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision\"\n\nfunc F(r vision.Redacted) bool { return r.Valid() }\n", ""},
		{"a raw frame in eye", "firmware/eye/internal/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision/internal/raw\"\n\nvar F raw.Frame\n", "use of internal package vestibule/vision/internal/raw not allowed"},
		{"an encoder of any planes in eye", "firmware/eye/internal/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision/internal/x264\"\n\nvar E x264.Encoder\n", "use of internal package vestibule/vision/internal/x264 not allowed"},
		{"a raw frame in the hub", "hub/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision/internal/raw\"\n\nvar F raw.Frame\n", "use of internal package vestibule/vision/internal/raw not allowed"},
		{"a home-made picture", "firmware/eye/internal/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision\"\n\nvar F = vision.Redacted{nil, \"\"}\n", "implicit assignment to unexported field"},
		{"the encoder in link", "firmware/link/internal/snippet/x.go",
			"package snippet\n\nimport \"vestibule/vision/internal/x264\"\n\nvar F x264.Encoder\n", "use of internal package vestibule/vision/internal/x264 not allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			code := filepath.Join(dir, "x.go")
			put(t, code, c.code)
			overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root(t), c.file): code}})
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, "overlay.json"), string(overlay))
			cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "./"+filepath.Dir(c.file))
			cmd.Dir = root(t)
			out, err := cmd.CombinedOutput()
			if (err == nil) != (c.wants == "") || !strings.Contains(string(out), c.wants) {
				t.Fatalf("got %v, want %q in\n%s", err, c.wants, out)
			}
		})
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// root is the repository's folder.
func root(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(wd)
}

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// list runs go list, which is what the compiler goes by.
func list(t *testing.T, tags []string, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports", "-tags", strings.Join(tags, ",")}, args...)...)
	cmd.Dir = root(t)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(out); d.More(); {
		var l listed
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	if len(all) == 0 {
		t.Fatalf("go list %v: nothing", args)
	}
	return all
}

func deps(t *testing.T, tags []string, patterns ...string) []string {
	t.Helper()
	var paths []string
	for _, l := range list(t, tags, append([]string{"-deps"}, patterns...)...) {
		paths = append(paths, l.ImportPath)
	}
	return paths
}

// why finds a chain of imports that leads to a package.
func why(t *testing.T, tags []string, who []string, to string) string {
	t.Helper()
	importers := map[string]string{}
	for _, l := range list(t, tags, append([]string{"-deps"}, who...)...) {
		for _, i := range l.Imports {
			if _, ok := importers[i]; !ok {
				importers[i] = l.ImportPath
			}
		}
	}
	chain := []string{to}
	for p, ok := importers[to]; ok && !slices.Contains(chain, p); p, ok = importers[p] {
		chain = append(chain, p)
	}
	slices.Reverse(chain)
	return strings.Join(chain, " -> ")
}
