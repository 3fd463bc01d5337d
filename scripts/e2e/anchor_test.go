package e2e

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

//go:embed anchor.html
var anchorPage string

// startAnchor starts what the live picture is measured against: the same scene with the same clock, whole,
// encoded by ffmpeg with x264's same preset and cap, carried by MediaMTX from RTSP to WebRTC. Nothing is
// redacted, and drawing the scene, which eye does itself, is not counted; see sources.
func startAnchor(t *testing.T) (side, error) {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return side{}, err
	}
	built, err := exec.Command("../mediamtx").Output()
	if err != nil {
		return side{}, fmt.Errorf("scripts/mediamtx builds none: %w", err)
	}
	film, err := buildFilm(t)
	if err != nil {
		return side{}, err
	}
	rtsp, whep, media := freePort(t), freePort(t), freePort(t)
	server := exec.Command(strings.TrimSpace(string(built)), mediaConfig(t, rtsp, whep, media))
	camera := exec.Command(ffmpeg, append(frames, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
		"-profile:v", "baseline", "-crf", "23", "-maxrate", "2M", "-bufsize", "1M", "-g", "30",
		"-f", "rtsp", "-rtsp_transport", "udp", "rtsp://"+rtsp+"/doorway")...)
	out := &tail{}
	for _, c := range []*exec.Cmd{server, camera, film} {
		c.Stdout, c.Stderr = out, out
	}
	from, into, err := os.Pipe()
	if err != nil {
		return side{}, err
	}
	defer from.Close()
	defer into.Close()
	film.Stdout, camera.Stdin = into, from
	if err := start(t, server); err != nil {
		return side{}, err
	}
	waitFor(t, "MediaMTX listens", func() error {
		c, err := net.Dial("tcp", rtsp)
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return c.Close()
	})
	if err := start(t, camera); err != nil {
		return side{}, err
	}
	if err := start(t, film); err != nil {
		return side{}, err
	}
	where := "http://" + whep + "/doorway/whep"
	waitFor(t, "MediaMTX has a picture", func() error {
		// An empty offer is refused otherwise than one for a picture that is not there.
		resp, err := http.Post(where, "application/sdp", strings.NewReader(""))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if strings.Contains(string(b), "no stream") || resp.StatusCode == http.StatusNotFound {
			return fmt.Errorf("%s: %s; %s", resp.Status, b, out)
		}
		return err
	})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, anchorPage)
	}))
	t.Cleanup(web.Close)
	return side{
		name: "MediaMTX", page: web.URL + "/?whep=" + url.QueryEscape(where), opened: opened("picture"),
		work: map[string]func() float64{"ffmpeg": workOf(camera), "MediaMTX": workOf(server), "(drawing the scene)": workOf(film)},
	}, nil
}

func mediaConfig(t *testing.T, rtsp, whep, media string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mediamtx.yml")
	text := "logLevel: error\nrtmp: no\nhls: no\nsrt: no\nrtspTransports: [udp, tcp]\nrtspAddress: " + rtsp + "\nrtpAddress: 127.0.0.1:18000\nrtcpAddress: 127.0.0.1:18001\n" +
		"webrtcAddress: " + whep + "\nwebrtcLocalUDPAddress: " + media + "\nwebrtcAdditionalHosts: [127.0.0.1]\npaths:\n  doorway:\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func start(t *testing.T, c *exec.Cmd) error {
	t.Helper()
	if err := c.Start(); err != nil {
		return err
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return nil
}

// workOf is a program's processor time so far, in seconds; see proc(5).
func workOf(c *exec.Cmd) func() float64 {
	return func() float64 {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.Process.Pid))
		_, after, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(after)
		if len(f) < 13 {
			return 0
		}
		user, _ := strconv.ParseFloat(f[11], 64)
		system, _ := strconv.ParseFloat(f[12], 64)
		return (user + system) / 100
	}
}
