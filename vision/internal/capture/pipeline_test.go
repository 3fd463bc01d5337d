package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestibule/vision/internal/camera"
	"vestibule/vision/internal/raw"
)

// pipeline is a source that GStreamer takes.
func pipeline(t *testing.T, text string) camera.Source {
	t.Helper()
	src, err := GStreamer(text)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// haveGStreamer skips the test where GStreamer is not here.
func haveGStreamer(t *testing.T) {
	t.Helper()
	probe, err := camera.Open(pipeline(t, "videotestsrc num-buffers=1"), 320, 240, 30)
	if err != nil {
		t.Skip("GStreamer's test picture is not here (Debian: gstreamer1.0-plugins-base)")
	}
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestChain(t *testing.T) {
	const end = " ! appsink drop=true max-buffers=1"
	for text, want := range map[string]string{
		"videotestsrc":                               "videotestsrc" + end,
		"videotestsrc ! appsink":                     "videotestsrc ! appsink",
		"videotestsrc ! appsink drop=true":           "videotestsrc ! appsink drop=true",
		"\n videotestsrc\tpattern=red ! \n appsink ": "videotestsrc pattern=red ! appsink",
		"v4l2src device=/dev/v4l/by-id/usb-A.B_C:1 extra-controls=c,exposure_auto=1 ! image/jpeg,width=640,height=480":                             "v4l2src device=/dev/v4l/by-id/usb-A.B_C:1 extra-controls=c,exposure_auto=1 ! image/jpeg,width=640,height=480" + end,
		"libcamerasrc camera-name=/base/soc/i2c0mux/i2c@1/imx708@1a ! video/x-raw, width=(int)1280 , format=(string)NV12 ! queue leaky=downstream": "libcamerasrc camera-name=/base/soc/i2c0mux/i2c@1/imx708@1a ! video/x-raw,width=(int)1280,format=(string)NV12 ! queue leaky=downstream" + end,
		"v4l2src ! video/x-raw(memory:DMABuf),framerate=30/1 ! v4l2convert ! capsfilter caps=video/x-raw,format=I420":                              "v4l2src ! video/x-raw(memory:DMABuf),framerate=30/1 ! v4l2convert ! capsfilter caps=video/x-raw,format=I420" + end,
	} {
		got, err := chain(text)
		if err != nil || got != want {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		if again, err := chain(got); err != nil || again != got {
			t.Errorf("%q, read again, became %q, %v", got, again, err)
		}
	}
	for text, word := range map[string]string{
		"":                         "nothing",
		" ":                        "nothing",
		"!":                        "nothing",
		"videotestsrc ! ! appsink": "nothing",
		"videotestsrc !":           "nothing",
		"videotestsrc ! tee name=t t. ! queue ! filesink":       `"tee"`,
		"videotestsrc ! filesink location=/tmp/x":               `"filesink"`,
		"videotestsrc ! queue2 temp-template=/tmp/x ! appsink":  `"queue2"`,
		"videotestsrc ! appsink ! filesink":                     `"appsink"`,
		"videotestsrc ! appsink filesink":                       `"filesink"`,
		"videotestsrc ! queue name=q ! appsink q.":              `"name=q"`,
		"videotestsrc ! queue t. ! appsink":                     `"t."`,
		"( videotestsrc ) ! appsink":                            `"("`,
		"videotestsrc ! (queue) ! appsink":                      `"(queue)"`,
		"videotestsrc pattern=red!tee ! appsink":                `"pattern=red!tee"`,
		"videotestsrc!tee":                                      `"videotestsrc!tee"`,
		`videotestsrc pattern="red ! tee" ! appsink`:            `"pattern=\"red"`,
		`videotestsrc pattern='red' ! appsink`:                  `'red'`,
		`videotestsrc pattern=red\ ! appsink`:                   `red\\`,
		"videotestsrc pattern= red ! appsink":                   `"pattern="`,
		"videotestsrc pattern =red ! appsink":                   `"pattern"`,
		"videotestsrc pattern=red\u00a0! appsink":               `pattern=red`,
		"videotestsrc ! video/x-raw,width=320;image/jpeg ! tee": `;image/jpeg`,
		"videotestsrc ! video/x-raw,width=320 tee ! appsink":    `320 tee"`,
		"videotestsrc ! video/x-raw width=320 ! appsink":        `raw width`,
		"videotestsrc : appsink":                                `":"`,
		"videotestsrc ! video/x-raw : filesink":                 `: filesink"`,
		"filesrc location=/dev/video0 ! jpegdec":                `"filesrc"`,
		"uridecodebin uri=http://example.org/x":                 `"uridecodebin"`,
		"http://example.org/x":                                  `"http://example.org/x"`,
		"videotestsrc ! http://example.org/x":                   `http://example.org/x`,
		"appsink":                                               `"appsink"`,
		"videotestsrc ! videotestsrc":                           `"videotestsrc"`,
		"queue ! appsink":                                       `"queue"`,
		"video/x-raw ! appsink":                                 `"video/x-raw"`,
	} {
		if got, err := chain(text); err == nil || !strings.Contains(err.Error(), word) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%q became %q, %v; the word is %s", text, got, err, word)
		}
	}
}

// A pipeline that keeps what passes, which the check refuses, does just that where nothing checks it.
func TestWhatAPipelineCouldDo(t *testing.T) {
	haveGStreamer(t)
	file := filepath.Join(t.TempDir(), "raw")
	text := fmt.Sprintf("videotestsrc num-buffers=5 ! video/x-raw,width=320,height=240 ! tee name=t t. ! queue ! filesink location=%s t. ! queue", file)
	if src, err := GStreamer(text); err == nil || src.Set() {
		t.Error("it is taken")
	}
	s, err := camera.Open(launch("a thief's", text+" ! appsink"), 320, 240, 30)
	if err != nil {
		t.Skip(err)
	}
	f := raw.New(320, 240)
	for err == nil {
		err = s.Read(t.Context(), f)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("the positive control: it keeps nothing, %v", err)
	}
}

// Whatever is taken holds nothing but what is on the lists, as GStreamer's own parser would part it.
func FuzzChain(f *testing.F) {
	for _, text := range []string{
		"videotestsrc", "libcamerasrc ! video/x-raw, width=(int)1280,format=NV12 ! queue ! appsink drop=true", "v4l2src device=/dev/video0 ! jpegdec",
		"videotestsrc ! tee name=t t. ! queue ! filesink location=x t. ! appsink", `v4l2src device="a" ! (queue) ! x.`, "videotestsrc : appsink", "a=b!c",
	} {
		f.Add(text)
	}
	known := append(append(cameras(), makers()...), sink)
	f.Fuzz(func(t *testing.T, text string) {
		out, err := chain(text)
		if err != nil {
			if out != "" {
				t.Errorf("%q and %v", out, err)
			}
			return
		}
		if again, err := chain(out); err != nil || again != out {
			t.Errorf("%q, read again, became %q, %v", out, again, err)
		}
		if i := strings.IndexFunc(out, func(r rune) bool {
			return r < ' ' || r > '~' || strings.ContainsRune("\"'\\;{}[]<>|&$#*?`", r)
		}); i >= 0 {
			t.Errorf("%q holds %q", out, out[i])
		}
		all := strings.Split(out, "!")
		for n, part := range all {
			words := strings.Fields(part)
			switch first := words[0]; {
			case strings.HasPrefix(first, "video/x-raw") || strings.HasPrefix(first, "image/jpeg"):
				if len(words) > 1 || n == 0 {
					t.Errorf("%q: %q", out, part)
				}
			case !slices.Contains(known, first) || strings.Contains(part, "("),
				slices.Contains(cameras(), first) != (n == 0), (first == sink) != (n == len(all)-1):
				t.Errorf("%q: %q", out, part)
			}
			for _, word := range words[1:] {
				if name, value, ok := strings.Cut(word, "="); !ok || name == "name" || value == "" {
					t.Errorf("%q: %q", out, word)
				}
			}
		}
	})
}
