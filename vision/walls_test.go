package vision_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/vision"
)

// Each snippet is a way to get at what the glass hides, or to pass off something else as redacted. It is
// compiled as if it lay in firmware/, and has to be refused, for the reason given. Out of scope are reflect and
// unsafe, which Go has no wall against.
func TestForbiddenWaysDoNotCompile(t *testing.T) {
	for _, c := range []struct{ name, code, refused string }{
		{"the honest way", `import "vestibule/vision"
			func f() bool { var r vision.Redacted; _ = r.Sealed(); return r.Valid() && r.Size().Width > 0 }`, ""},
		{"raw frames", `import _ "vestibule/vision/internal/raw"`, "use of internal package"},
		{"the redactor itself", `import _ "vestibule/vision/internal/redact"`, "use of internal package"},
		{"opening a source by hand", `import _ "vestibule/vision/internal/camera"`, "use of internal package"},
		{"OpenCV's captures", `import _ "vestibule/vision/internal/capture"`, "use of internal package"},
		{"a camera's JPEG", `import _ "vestibule/vision/internal/jpeg"`, "use of internal package"},
		{"what looks for shadows", `import _ "vestibule/vision/internal/shadow"`, "use of internal package"},
		{"what looks at how the camera stands", `import _ "vestibule/vision/internal/stand"`, "use of internal package"},
		{"what measures the tint", `import _ "vestibule/vision/internal/glass"`, "use of internal package"},
		{"a picture's bytes", `import _ "vestibule/vision/internal/sealed"`, "use of internal package"},
		{"an encoder that takes any planes", `import _ "vestibule/vision/internal/x264"`, "use of internal package"},
		{"OpenH264, which takes any planes", `import _ "vestibule/vision/internal/openh264"`, "use of internal package"},
		{"libvpx, which takes any planes", `import _ "vestibule/vision/internal/vp8"`, "use of internal package"},
		{"a source opens itself", `import "vestibule/vision"
			func f(s vision.Source) { s.Open(640, 480, 30) }`, "s.Open undefined"},
		{"a source's inside", `import "vestibule/vision"
			func f(s vision.Source) { s.open(640, 480, 30) }`, "cannot refer to unexported"},
		{"Redacted with a picture put in", `import "vestibule/vision"
			var r = vision.Redacted{picture: nil}`, "cannot refer to unexported field picture"},
		{"Redacted without names", `import "vestibule/vision"
			var r = vision.Redacted{nil, ""}`, "implicit assignment to unexported field"},
		{"Redacted from a look-alike", `import "vestibule/vision"
			type fake struct { picture struct { picture *int; turn uint64 }; reason vision.Reason }
			var r = vision.Redacted(fake{})`, "cannot convert"},
		{"changing a Redacted", `import "vestibule/vision"
			func f(r vision.Redacted) { r.reason = "" }`, "cannot refer to unexported"},
		{"embedding a Redacted to override it", `import "vestibule/vision"
			type fake struct { vision.Redacted }
			func encode(vision.Redacted) {}
			func f() { encode(fake{}) }`, "cannot use fake{}"},
		{"a Redacted's bytes", `import "vestibule/vision"
			func f(r vision.Redacted) { y, _, _ := r.Planes(); y[0] = 1 }`, "r.Planes undefined"},
		{"a Redacted's bytes, unsealed", `import "vestibule/vision"
			func f(r vision.Redacted) { r.Sealed().picture.Y[0] = 1 }`, "cannot refer to unexported"},
		{"a sealed picture's method", `import "vestibule/vision"
			func f(r vision.Redacted) { y, _, _ := r.Sealed().Planes(); y[0] = 1 }`, "Planes undefined"},
		{"a sealed picture that is another", `import "vestibule/vision"
			func f(y []byte) vision.Redacted { r := vision.Redacted{}; r.Sealed() = y; return r }`, "cannot assign"},
		{"a source of one's own", `import "vestibule/vision"
			var s = vision.Source{}.New("mine", nil)`, "New undefined"},
		{"a source of one's own, its types inferred", `import (
				"context"
				"fmt"
				"vestibule/vision"
			)
			type thief[F any] struct{}
			func (thief[F]) Read(_ context.Context, f *F) error { _ = fmt.Sprint(f); return nil } // every pixel it holds
			func (thief[F]) Close() error { return nil }
			func steal[F any, S interface { Read(context.Context, *F) error; Close() error }](
				make func(string, func(vision.Size, int) (S, error)) vision.Source) vision.Source {
				return make("a thief's", func(vision.Size, int) (S, error) { return any(thief[F]{}).(S), nil })
			}
			var forged = steal(vision.NewSource)`, "undefined: vision.NewSource"},
		{"the source of the scene, its types inferred", `import (
				"vestibule/vision"
				"vestibule/vision/scene"
			)
			func steal[F any](make func(int64, func(F) scene.World) vision.Source) (f F) { return f }
			var frame = steal(scene.Source)`, "does not match"},
		{"a Sight's frames", `import "vestibule/vision"
			func f(s *vision.Sight) { _ = s.taken }`, "cannot refer to unexported"},
		{"the frames' memory", `import "vestibule/vision"
			func f(s *vision.Sight) { _ = s.cam.arena }`, "cannot refer to unexported"},
		{"a Sight's redactor", `import "vestibule/vision"
			func f(s *vision.Sight) { s.red.Full() }`, "cannot refer to unexported"},
		{"a Sight's shadows", `import "vestibule/vision"
			func f(s *vision.Sight) { s.shadow.Look(nil, true) }`, "cannot refer to unexported"},
		{"a Sight of one's own", `import "vestibule/vision"
			var s = vision.Sight{blur: true}`, "cannot refer to unexported"},
		{"a tint of another size", `import "vestibule/vision"
			func f(s *vision.Sight) { s.Settle([217]byte{}) }`, "cannot use [217]byte"},
		{"settling a picture for a tint", `import "vestibule/vision"
			func f(s *vision.Sight, r vision.Redacted) { s.Settle(r.Sealed()) }`, "cannot use r.Sealed"},
		{"settling what may be missing", `import "vestibule/vision"
			func f(s *vision.Sight, l vision.Look) { s.Settle(l.Tint) }`, "cannot use l.Tint"},
		{"a plan that holds a picture for its tint", `import "vestibule/vision"
			func f(y []byte) vision.Plan { return vision.Plan{Tint: y} }`, "cannot use y"},
		{"a shadow of one's own", `import "vestibule/vision"
			func f(s *vision.Sight) { s.SetShadow([18]byte{}) }`, "s.SetShadow undefined"},
		{"a Look for a picture", `import "vestibule/vision"
			var r = vision.Redacted(vision.Look{})`, "cannot convert"},
		{"encoding a Look", `import ("vestibule/vision"; "vestibule/vision/encode")
			func f(e *encode.Encoder, l vision.Look) { e.Encode(l) }`, "cannot use l"},
		{"encoding planes", `import ("vestibule/vision"; "vestibule/vision/encode")
			func f(e *encode.Encoder, y, cb, cr []byte) { e.Encode(y, cb, cr) }`, "too many arguments"},
		{"encoding one plane", `import "vestibule/vision/encode"
			func f(e *encode.Encoder, y []byte) { e.Encode(y) }`, "cannot use y"},
		{"encoding what is in a Redacted", `import ("vestibule/vision"; "vestibule/vision/encode")
			func f(e *encode.Encoder, r vision.Redacted) { e.Encode(r.Sealed()) }`, "cannot use r.Sealed"},
		{"the encoder inside the encoder", `import "vestibule/vision/encode"
			func f(e *encode.Encoder) { _ = e.enc }`, "cannot refer to unexported"},
		{"an encoder of one's own in its place", `import ("vestibule/vision"; "vestibule/vision/encode")
			type thief struct{ *encode.Encoder }
			func (thief) Encode(y, cb, cr []byte) ([]byte, bool, error) { return y, true, nil }
			func f(r vision.Redacted) { thief{}.Encode(r) }`, "not enough arguments"},
		{"an encoder around another", `import "vestibule/vision/encode"
			var e = encode.Encoder{enc: nil}`, "cannot refer to unexported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := compile(t, "package wall\n"+c.code)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("it does not compile:\n%s", out)
			case c.refused != "" && err == nil:
				t.Error("it compiles")
			case !strings.Contains(out, c.refused):
				t.Errorf("it is refused for another reason than %q:\n%s", c.refused, out)
			}
		})
	}
}

// Each is a source by whose text alone somebody could get at what the glass hides: a pipeline that keeps what passes, in
// a file, on a network, or for another program. TestWhatAPipelineCouldDo shows that one would.
func TestForbiddenPipelinesAreRefused(t *testing.T) {
	for _, text := range []string{
		"videotestsrc ! tee name=t t. ! queue ! filesink location=/tmp/raw t. ! appsink",
		"videotestsrc ! filesink location=/tmp/raw",
		"videotestsrc ! queue2 use-buffering=true temp-template=/tmp/XXXXXX ! appsink",
		"videotestsrc ! jpegenc ! multifilesink location=/tmp/raw",
		"libcamerasrc ! queue ! udpsink host=192.0.2.1",
		"libcamerasrc ! shmsink socket-path=/tmp/raw videotestsrc ! appsink",
		"libcamerasrc ! ( tee name=t ) ! appsink t. ! filesink location=/tmp/raw",
		`libcamerasrc name="a ! tee" ! appsink`,
		"v4l2src ! v4l2sink device=/dev/video9",
		"v4l2src ! ximagesink",
		"v4l2src!tee name=t!appsink t.!fdsink",
		"playbin uri=file:///tmp/film",
		"file:///tmp/film",
	} {
		if src, err := vision.ParseSource("gst:" + text); err == nil || src.Set() {
			t.Errorf("%q is taken", text)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is refused in more than a sentence: %v", text, err)
		}
	}
	if src, err := vision.ParseSource("gst:libcamerasrc ! video/x-raw,width=1280,height=720,format=NV12 ! appsink"); err != nil || !src.Set() {
		t.Errorf("the honest way: %v", err)
	}
}

// compile builds a package that exists in an overlay only, so that nothing is written into the tree.
func compile(t *testing.T, code string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "wall.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "firmware", "wallprobe", "wall.go"): file,
	}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-overlay", list, "./firmware/wallprobe")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// No exported name of vision, vision/scene or vision/encode hands out anything of vision/internal but what is named
// here. In particular nothing gives a raw frame, and no callback is handed one: with Go's type inference
// a callback would be enough for other rooms to receive what they cannot name.
func TestNothingExportedCarriesRawFrames(t *testing.T) {
	allowed := map[string]bool{
		"vestibule/vision/internal/zone.Point":     true, // numbers
		"vestibule/vision/internal/zone.Box":       true,
		"vestibule/vision/internal/camera.Source":  true, // a name and what only camera.Open can use
		"vestibule/vision/internal/sealed.Picture": true, // what only sealed.Planes can read
	}

	exports := map[string]string{}
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", ".", "./scene", "./encode").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		exports[path] = file
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	checked := 0
	for _, path := range []string{"vestibule/vision", "vestibule/vision/scene", "vestibule/vision/encode"} {
		pkg, err := imp.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range pkg.Scope().Names() {
			if !ast.IsExported(name) {
				continue
			}
			w := &walk{allowed: allowed, seen: map[types.Type]bool{}}
			w.visit(pkg.Scope().Lookup(name).Type(), name)
			checked++
			for _, f := range w.found {
				t.Errorf("%s.%s", path, f)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d names were checked", checked)
	}
	// The positive control: the walk does see a raw frame where there is one.
	pkg, err := imp.Import("vestibule/vision/internal/camera")
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{allowed: allowed, seen: map[types.Type]bool{}}
	w.visit(pkg.Scope().Lookup("New").Type(), "New")
	if len(w.found) == 0 {
		t.Error("the walk does not see the raw frames of a source")
	}
}

// walk goes through all that can be reached from a type by exported names.
type walk struct {
	allowed map[string]bool
	seen    map[types.Type]bool
	found   []string
}

func (w *walk) visit(t types.Type, way string) {
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		w.visit(types.Unalias(t), way)
	case *types.Named:
		obj := t.Obj()
		if obj.Pkg() != nil && strings.HasPrefix(obj.Pkg().Path(), "vestibule/vision/internal") {
			full := obj.Pkg().Path() + "." + obj.Name()
			if !w.allowed[full] {
				w.found = append(w.found, fmt.Sprintf("%s reaches %s", way, full))
				return
			}
		} else if obj.Pkg() == nil || !strings.HasPrefix(obj.Pkg().Path(), "vestibule/") {
			return
		}
		set := types.NewMethodSet(types.NewPointer(t))
		for i := range set.Len() {
			if m := set.At(i).Obj(); m.Exported() {
				w.visit(m.Type(), way+"."+m.Name())
			}
		}
		w.visit(t.Underlying(), way)
	case *types.Struct:
		for i := range t.NumFields() {
			if f := t.Field(i); f.Exported() || f.Embedded() {
				w.visit(f.Type(), way+"."+f.Name())
			}
		}
	case *types.Signature:
		for _, tuple := range [2]*types.Tuple{t.Params(), t.Results()} {
			for i := range tuple.Len() {
				w.visit(tuple.At(i).Type(), way)
			}
		}
	case *types.Pointer:
		w.visit(t.Elem(), way)
	case *types.Slice:
		w.visit(t.Elem(), way)
	case *types.Array:
		w.visit(t.Elem(), way)
	case *types.Chan:
		w.visit(t.Elem(), way)
	case *types.Map:
		w.visit(t.Key(), way)
		w.visit(t.Elem(), way)
	case *types.Interface:
		for i := range t.NumMethods() {
			w.visit(t.Method(i).Type(), way+"."+t.Method(i).Name())
		}
	}
}
