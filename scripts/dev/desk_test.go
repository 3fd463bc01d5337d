package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRunAndStop(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("walk.avi", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := opts(t, "-source", "file:walk.avi", "-size", "640x480", "-fps", "15", "-seed", "7", "-clock")
	if err := errors.Join(os.MkdirAll(filepath.Join(o.run, "eye"), 0o700), os.WriteFile(filepath.Join(o.run, "eye", "deaf"), nil, 0o600), os.WriteFile(filepath.Join(o.run, "lock"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	l := launch(t, o)

	handed := l.noted("gate", "handed")
	if !strings.HasPrefix(handed, "2 eye:link pid interfaces 1") {
		if wall, _ := l.spawn.tryWalls(); wall != withoutTheWall {
			t.Errorf("gate was handed %q, want its two sockets and no network but lo", handed)
		}
	}
	eventually(t, "the lamp is lit by gate", func() error {
		var w world
		if err := l.get("/api/house", &w); err != nil || !w.Lamp {
			return fmt.Errorf("%+v, %v", w, err)
		}
		return nil
	})
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"-gate", "sock/eye.sock", "-trust", o.run + "/trust", "-world", "sock/desk.sock", "-source", "file:" + wd + "/walk.avi",
		"-size", "640x480", "-fps", "15", "-seed", "7", "-clock=true", "-encoder", "x264",
	}, "\n")
	if got := strings.TrimSuffix(l.noted("eye", "args"), "\n-walls=off"); got != want {
		t.Errorf("eye was started with\n%s\nwant\n%s", got, want)
	}

	var card map[string]string
	text, err := os.ReadFile(l.folder.room("link", "link.json"))
	if err != nil || json.Unmarshal(text, &card) != nil || card["hub"] != "mqtt://"+o.mqtt || card["password"] != "link's secret" {
		t.Errorf("link.json: %s, %v", text, err)
	}
	if err := filepath.Walk(o.run, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Error(err)
	}

	printed := l.out.String()
	for _, s := range []string{
		"http://" + o.http + "/#/pair?device=d1&key=-_-_-w&secret=c2VjcmV0c2VjcmV0c2VjcmV0&zone=",
		"http://" + o.desk + "/", "mosquitto_sub -h 127.0.0.1 ", "-u 'reader-desk' -P 'reader'\\''s secret 1' -t '#' -v",
		o.run, "Ctrl-C", "hub  | time=now level=WARN",
	} {
		if !strings.Contains(printed, s) {
			t.Errorf("it does not print %q", s)
		}
	}
	if strings.Contains(printed, "nobody needs") {
		t.Error("it prints more than warnings")
	}

	pids := l.pids()
	start := time.Now()
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > stopWithin+2*time.Second {
		t.Errorf("stopping took %v", took)
	}
	for name, pid := range pids {
		if alive(pid) {
			t.Errorf("%s still runs", name)
		}
	}
	if got := l.noted("gate", "stopped"); got != "hub was up: true" {
		t.Errorf("gate stopped last: %s", got)
	}
	l.noted("hub", "stopped")
	if left, err := os.ReadDir(filepath.Join(o.run, "sock")); err != nil || len(left) > 0 {
		t.Errorf("sockets left: %v, %v", left, err)
	}

	// Once more on the same state, now with an owner.
	if err := os.WriteFile(filepath.Join(o.run, "gate", "paired"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again := launch(t, o)
	var links struct{ Owner, Hub string }
	if err := again.get("/api/links", &links); err != nil || links.Owner != "http://"+o.http+"/#/" || links.Hub != "http://"+o.http {
		t.Errorf("links %+v, %v", links, err)
	}
}

func TestKilledProgramsComeBack(t *testing.T) {
	l := launch(t, opts(t))
	ask := func() string {
		c, err := net.Dial("unix", fmt.Sprintf("/proc/self/fd/%d/eye.sock", l.folder.dir.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	before := l.pids()
	first := ask()
	l.post("/api/kill", `{"name":"gate"}`)
	second := ask() // its socket never went away: it waits
	if first == second {
		t.Error("gate was not killed")
	}
	for _, name := range []string{"hub", "eye", "link"} {
		l.post("/api/kill", `{"name":"`+name+`"}`)
	}
	eventually(t, "all are back", func() error {
		var list []status
		if err := l.get("/api/programs", &list); err != nil {
			return err
		}
		for _, s := range list {
			if s.PID == 0 || s.PID == before[s.Name] || s.Restarts != 1 || s.RSS == 0 {
				return fmt.Errorf("%+v", s)
			}
		}
		return nil
	})
	if strings.Contains(l.out.String(), "last words") {
		t.Error("a kill that was asked for is reported as a crash")
	}
	// One that dies by itself is.
	if err := syscall.Kill(l.pids()["hub"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the death is told", func() error {
		if !strings.Contains(l.out.String(), "hub ended (signal: killed), its last words are in") {
			return errors.New("not yet")
		}
		return nil
	})
}

func TestPlugs(t *testing.T) {
	l := launch(t, opts(t))
	l.noted("link", "heartbeat")
	beats := func() bool {
		was := l.noted("link", "heartbeat")
		time.Sleep(100 * time.Millisecond)
		return was != l.noted("link", "heartbeat")
	}
	if w := l.post("/api/plug", `{"name":"network","in":false}`); w.Network {
		t.Error("the network plug is in")
	}
	eventually(t, "link stands still", func() error {
		if beats() {
			return errors.New("it beats")
		}
		return nil
	})
	l.post("/api/kill", `{"name":"link"}`) // comes back without a network
	pid := 0
	eventually(t, "link is back", func() error {
		if pid = l.pids()["link"]; pid == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	eventually(t, "link stands still", func() error {
		if beats() {
			return errors.New("it beats")
		}
		return nil
	})
	if w := l.post("/api/plug", `{"name":"network","in":true}`); !w.Network {
		t.Error("the network plug is out")
	}
	eventually(t, "link goes on", func() error {
		if !beats() {
			return errors.New("it does not beat")
		}
		return nil
	})

	before := l.pids()
	if w := l.post("/api/plug", `{"name":"power","in":false}`); w.Mains || w.Lamp {
		t.Errorf("without power: %+v", w)
	}
	for _, name := range []string{"gate", "eye", "link"} {
		gone(t, before[name])
	}
	eventually(t, "the list says so", func() error {
		if p := l.pids(); p["gate"] != 0 || p["eye"] != 0 || p["link"] != 0 || p["hub"] != before["hub"] {
			return fmt.Errorf("%v", p)
		}
		return nil
	})
	r, err := http.Post(l.url+"/api/kill", "application/json", strings.NewReader(`{"name":"gate"}`))
	if err != nil || r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("killing what does not run: %v, %v", r, err)
	}
	l.post("/api/plug", `{"name":"power","in":true}`)
	eventually(t, "gate lights its lamp again", func() error {
		var w world
		if err := l.get("/api/house", &w); err != nil || !w.Lamp || !w.Mains {
			return fmt.Errorf("%+v, %v", w, err)
		}
		return nil
	})
}

func TestCrashLoopBacksOff(t *testing.T) {
	o := opts(t)
	// A link that ends at once.
	if err := os.Remove(filepath.Join(o.bin, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.bin, "link"), []byte("#!/bin/sh\necho no cable >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := launch(t, o)
	time.Sleep(3 * time.Second)
	var list []status
	if err := l.get("/api/programs", &list); err != nil {
		t.Fatal(err)
	}
	// 0.2 + 0.4 + 0.8 + 1.6 s
	if n := list[3].Restarts; n < 2 || n > 4 {
		t.Errorf("%d restarts in 3 s, want 3 or so", n)
	}
	if s := l.out.String(); !strings.Contains(s, "link ended (exit status 3)") || !strings.Contains(s, "no cable") {
		t.Errorf("its last words are not told:\n%s", s)
	}
}

func TestTwoLaunchersOnOneFolder(t *testing.T) {
	o := opts(t)
	launch(t, o)
	other := o
	other.http, other.mqtt, other.desk = freePort(t), freePort(t), freePort(t)
	d := newDesk(other, &output{})
	err := errors.Join(d.Run(t.Context()), d.Close())
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("a launcher (process %d) already runs on %s", os.Getpid(), o.run)) {
		t.Errorf("%v", err)
	}
}

func TestBusyPort(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, flag := range []string{"-http", "-mqtt", "-desk"} {
		d := newDesk(opts(t, flag, busy.Addr().String()), &output{})
		err := errors.Join(d.Run(t.Context()), d.Close())
		if err == nil || !strings.Contains(err.Error(), "cannot use "+busy.Addr().String()) || !strings.Contains(err.Error(), "choose another port with "+flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestMissingProgram(t *testing.T) {
	o := opts(t)
	if err := os.Remove(filepath.Join(o.bin, "eye")); err != nil {
		t.Fatal(err)
	}
	d := newDesk(o, &output{})
	if err := errors.Join(d.Run(t.Context()), d.Close()); err == nil || !strings.Contains(err.Error(), "the program eye is not in") {
		t.Errorf("%v", err)
	}
}

func TestHubThatDies(t *testing.T) {
	o := opts(t)
	if err := os.Remove(filepath.Join(o.bin, "gate")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.bin, "gate"), []byte("#!/bin/sh\necho the state is from a later version >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	d := newDesk(o, &output{})
	if err := errors.Join(d.Run(t.Context()), d.Close()); err == nil || !strings.Contains(err.Error(), "gate identity: exit status 1: the state is from a later version") {
		t.Errorf("%v", err)
	}
}

// The launcher as a program: Ctrl-C ends all with exit code 0, and if it is killed itself, nothing it
// started survives.
func TestNothingSurvives(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			o := opts(t)
			cmd := exec.Command(filepath.Join(o.bin, "dev"), "-run", o.run, "-bin", o.bin, "-http", o.http, "-mqtt", o.mqtt, "-desk", o.desk)
			out := &output{}
			cmd.Stdout, cmd.Stderr = out, out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			l := &launcher{t: t, out: out, url: "http://" + o.desk}
			eventually(t, "the desk answers", func() error { return l.get("/api/programs", nil) })
			pids := l.pids()
			if len(pids) != 4 {
				t.Errorf("programs %v", pids)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); (err != nil) != (sig == syscall.SIGKILL) {
				t.Errorf("it ended with %v\n%s", err, out)
			}
			for _, pid := range pids {
				gone(t, pid)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown":        {[]string{"run"}, `"run" is no flag`},
		"not loopback":   {[]string{"-desk", "0.0.0.0:8090"}, "whoever reaches the desk page opens the door"},
		"by name":        {[]string{"-desk", "localhost:8090"}, "must be 127.0.0.1 or ::1"},
		"no port":        {[]string{"-http", "127.0.0.1"}, "-http"},
		"port zero":      {[]string{"-mqtt", "127.0.0.1:0"}, "a port is a number from 1 to 65535"},
		"two":            {[]string{"-size", "33x44", "-fps", "31"}, "-fps 31"},
		"too many":       {[]string{"-fps", "120"}, "it must be 15 to 30"},
		"unknown flag":   {[]string{"-kettle"}, "kettle"},
		"three of them":  {[]string{"-http", "x", "-mqtt", "y"}, "-mqtt"},
		"its own beside": {[]string{"-run", "home", "-beside", "./home"}, "each door has a folder of its own"},
		"another relay":  {[]string{"-run", "home", "-beside", "other", "-relay", "127.0.0.1:3478"}, "so the relay is too"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseOptions(c.args); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestPictureOptions(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("walk.avi", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const source, size, zone, lamp = "-source", "-size", "-zone", "-lamp"
	for flag, values := range map[string]map[string]string{ // what must be said, nothing if it is fine
		source: {
			"scene": "", "file:walk.avi": "", "v4l2:/dev/null": "", "gst:videotestsrc ! appsink": "",
			"": "it must be scene, file:PATH", "scenes": "it must be scene, file:PATH", "scene:": "it must be scene, file:PATH",
			"file:": "it must be scene, file:PATH", "file": "it must be scene, file:PATH", "gst: ": "it must be scene, file:PATH",
			"v4l2:": "it must be scene, file:PATH", "v4l2:video0": "it must be scene, file:PATH", "walk.avi": "it must be scene, file:PATH",
			"file:run.avi": "the file cannot be found", "file:.": "not a folder",
			"v4l2:/dev/video999": "the camera cannot be found", "v4l2:/dev/": "it must be a camera",
		},
		size: {
			"320x240": "", "1920x1080": "", "640x480": "", "480x640": "",
			"": "it must be WIDTHxHEIGHT", "640": "it must be WIDTHxHEIGHT", "640x": "it must be WIDTHxHEIGHT", "640X480": "it must be WIDTHxHEIGHT",
			"640x480x2": "it must be WIDTHxHEIGHT", "640x-480": "it must be WIDTHxHEIGHT", "640 x 480": "it must be WIDTHxHEIGHT", "99999999x2": "it must be WIDTHxHEIGHT",
			"33x44": "320x240 to 1920x1080", "318x240": "320x240 to 1920x1080", "1922x1080": "320x240 to 1920x1080", "1920x1082": "320x240 to 1920x1080",
			"641x480": "an even width and height", "640x481": "an even width and height",
		},
		zone: {
			"0,0_10000,0_0,10000": "", sceneZone: "", clockZone: "",
			"0,0_10000,0": "3 to 32 corners", "0,0_10001,0_0,1": "3 to 32 corners", "0,0_1_2,3": "3 to 32 corners", "0,0_1,2,3_4,5": "3 to 32 corners",
			"0,0_-1,0_0,1": "3 to 32 corners", "0,0_1,0_0,1_": "3 to 32 corners", "0,0_1,0_0,000001": "3 to 32 corners", "doorway": "3 to 32 corners",
			strings.Repeat("1,1_", 32) + "1,1":                "3 to 32 corners",
			"0,0_1,0_0,1~0,0_9,0_0,9~5,5_1,0_0,1~0,0_9,0_0,9": "", strings.Repeat("1,1_", 27) + "1,1~0,0_1,0_1,1_0,1": "",
			"0,0_1,0_0,1~": "3 to 32 corners", "~0,0_1,0_0,1": "3 to 32 corners", "0,0_1,0_0,1~0,0_1,0": "3 to 32 corners", "0,0_1,0_0,1 ~ 0,0_1,0_0,1": "3 to 32 corners",
			"0,0_1,0_0,1~0,0_9,0_0,9~5,5_1,0_0,1~0,0_9,0_0,9~0,0_1,0_0,1": "up to four", strings.Repeat("1,1_", 28) + "1,1~0,0_1,0_1,1_0,1": "32 corners together",
		},
		lamp: {
			"1,2_3,4": "", sceneLamp: "",
			"": "the upper left and the lower right", "1,2": "the upper left and the lower right", "3,4_1,2": "the upper left and the lower right",
			"1,2_3,2": "the upper left and the lower right", "1,2_3,4_5,6": "the upper left and the lower right", "1,2_3,x": "the upper left and the lower right",
		},
	} {
		for value, want := range values {
			_, err := parseOptions([]string{flag, value})
			if (err == nil) != (want == "") || err != nil && (!strings.HasPrefix(err.Error(), flag+" ") || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s %q: %v, want %q", flag, value, err, want)
			}
		}
	}
}

func TestForeignFolder(t *testing.T) {
	for name, c := range map[string]struct {
		files []string // a name that ends in / is a folder
		want  string
	}{
		"absent":             {nil, ""},
		"empty":              {[]string{"run/"}, ""},
		"ours":               {[]string{"run/", "run/lock", "run/letter"}, ""},
		"somebody's":         {[]string{"run/", "run/letter"}, "holds something else"},
		"a hidden file":      {[]string{"run/", "run/.letter"}, "holds something else"},
		"a folder as a lock": {[]string{"run/", "run/lock/"}, "holds something else"},
		"a file":             {[]string{"run"}, "is not a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, f := range c.files {
				path := filepath.Join(dir, f)
				err := os.MkdirAll(path, 0o755)
				if !strings.HasSuffix(f, "/") {
					err = errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o644))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			run := filepath.Join(dir, "run")
			before, _ := os.Stat(run)
			said, homeErr := exec.Command("../home", "fit", run).CombinedOutput()
			f, err := openFolder(run)
			if c.want == "" {
				if err != nil || homeErr != nil {
					t.Fatalf("%v; scripts/home: %v %s", err, homeErr, said)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "with -run") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if homeErr == nil || !strings.Contains(string(said), c.want) {
				t.Errorf("scripts/home has another rule: %v %s, want %q", homeErr, said, c.want)
			}
			after, err := os.Stat(run)
			if err != nil || after.Mode() != before.Mode() {
				t.Errorf("its mode was changed: %v, %v", after, err)
			}
		})
	}
}

// One more door runs beside a home: its own gate, eye and link, at the other's hub, which stays as it is.
func TestBeside(t *testing.T) {
	nobody := opts(t, "-beside", t.TempDir())
	d := newDesk(nobody, &output{})
	if err := errors.Join(d.Run(t.Context()), d.Close()); err == nil || !strings.Contains(err.Error(), "start its first door before this one") {
		t.Errorf("beside nobody: %v", err)
	}
	first := launch(t, opts(t))
	hub := first.pids()["hub"]
	second := launch(t, opts(t, "-beside", first.o.run, "-http", "", "-mqtt", "")) // as the other has them
	if p := second.pids(); len(p) != 3 || p["hub"] != 0 || first.pids()["hub"] != hub {
		t.Errorf("beside %v runs %v", first.pids(), p)
	}
	text, err := os.ReadFile(second.folder.room("link", "link.json"))
	if err != nil || !strings.Contains(string(text), first.o.mqtt) {
		t.Errorf("link.json: %s, %v", text, err)
	}
	if first.device.reader != second.device.reader {
		t.Errorf("readers %+v and %+v", first.device.reader, second.device.reader)
	}
	if second.o.seed != 2 || first.o.seed != 1 {
		t.Errorf("seeds %d and %d", first.o.seed, second.o.seed)
	}
	if err := second.stop(); err != nil {
		t.Error(err)
	}
	if first.pids()["hub"] != hub {
		t.Error("the second door's end is the hub's")
	}
}

func TestReaderStays(t *testing.T) {
	o := opts(t)
	for i, c := range []struct {
		what   string
		remove string
		want   string
	}{
		{"first", "", "reader's secret 1"},
		{"again", "", "reader's secret 1"},
		{"without the file", readerFile, "reader's secret 2"},
		{"without hub's store", hubStore, "reader's secret 3"},
		{"at last", "", "reader's secret 3"},
	} {
		if c.remove != "" {
			if err := os.Remove(filepath.Join(o.run, "hub", c.remove)); err != nil {
				t.Fatal(err)
			}
		}
		f, err := openFolder(o.run)
		if err != nil {
			t.Fatal(err)
		}
		d, err := enrol(t.Context(), o, f)
		if err != nil {
			t.Fatal(err)
		}
		if want := (login{"reader-desk", c.want}); d.reader != want {
			t.Errorf("start %d, %s: %+v, want %+v", i, c.what, d.reader, want)
		}
		if info, err := os.Stat(f.room("hub", readerFile)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the password's file: %v, %v", info, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
