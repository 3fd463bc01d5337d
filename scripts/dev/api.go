package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"vestibule/hardware/sim"
)

// The desk page, built from page/.
//
//go:embed all:dist
var dist embed.FS

const stillThere = 15 * time.Second // between two signs of life on a silent stream

// world is what the desk page is told: the house, and the plug that is not the house's.
type world struct {
	sim.View
	Network bool `json:"network"`
}

func (d *desk) world() world { return world{View: d.house.View(), Network: d.networkPlugged()} }

// handler returns the desk page and its API. Every POST answers with the world after it.
func (d *desk) handler() http.Handler {
	page, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("dev: the embedded page: " + err.Error()) //nolint:forbidigo // only a wrong name in this file does that
	}
	m := http.NewServeMux()
	m.Handle("GET /", withoutFolders(page))
	m.HandleFunc("GET /api/house", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, d.world()) })
	m.HandleFunc("GET /api/world", d.stream)
	m.HandleFunc("GET /api/programs", d.listPrograms)
	m.HandleFunc("GET /api/links", d.listLinks)
	post(m, d, "key", d.postKey)
	post(m, d, "door", d.postDoor)
	post(m, d, "force", func(struct{}) *problem {
		d.house.Do(func(h *sim.House, now time.Time) { h.Force(now) })
		return nil
	})
	post(m, d, "tamper", func(q struct{ Open bool }) *problem {
		d.house.Do(func(h *sim.House, now time.Time) { h.SetTamper(q.Open, now) })
		return nil
	})
	post(m, d, "cover", func(q struct{ Covered bool }) *problem {
		d.house.Do(func(h *sim.House, now time.Time) { h.SetCovered(q.Covered, now) })
		return nil
	})
	post(m, d, "light", d.level(0, (*sim.House).SetLight))
	post(m, d, "shade", d.level(0, (*sim.House).SetShade))
	post(m, d, "inside", d.level(-1, (*sim.House).SetInside))
	post(m, d, "bump", d.postBump)
	post(m, d, "plug", d.postPlug)
	post(m, d, "kill", d.postKill)
	return guard(m)
}

// withoutFolders serves files and the page itself, and lists no folder.
func withoutFolders(page fs.FS) http.Handler {
	files := http.FileServerFS(page)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/"); name != "" {
			if info, err := fs.Stat(page, name); err == nil && info.IsDir() {
				http.NotFound(w, r)
				return
			}
		}
		files.ServeHTTP(w, r)
	})
}

// post adds a route whose request is a Q and whose answer is the world, or a refusal.
func post[Q any](m *http.ServeMux, d *desk, name string, do func(Q) *problem) {
	m.HandleFunc("POST /api/"+name, func(w http.ResponseWriter, r *http.Request) {
		var q Q
		if err := read(r, &q); err != nil {
			refuse(w, http.StatusBadRequest, "request_unreadable",
				fmt.Sprintf("This request cannot be read (%v).", err), fmt.Sprintf("Cette demande est illisible (%v).", err))
			return
		}
		if p := do(q); p != nil {
			refuse(w, http.StatusUnprocessableEntity, p.Code, p.EN, p.FR)
			return
		}
		reply(w, http.StatusOK, d.world())
	})
}

func (d *desk) postKey(q struct {
	Key string
	MS  int
},
) *problem {
	if q.MS == 0 {
		q.MS = 80
	}
	if len(q.Key) != 1 || q.MS < 0 || q.MS > 60_000 {
		return &problem{"key_unknown", "A key is 0 to 9, * or #, held for at most 60,000 ms.", "Une touche est 0 à 9, * ou #, tenue 60 000 ms au plus."}
	}
	var err error
	d.house.Do(func(h *sim.House, now time.Time) {
		err = h.Press(q.Key[0], time.Duration(q.MS)*time.Millisecond, now)
	})
	if err != nil {
		return &problem{"key_unknown", "There is no such key.", "Cette touche n’existe pas."}
	}
	return nil
}

// postDoor pulls the door open or shuts it. That a locked door stays shut is no refusal: the answer
// shows it.
func (d *desk) postDoor(q struct{ Open, Inside bool }) *problem {
	d.house.Do(func(h *sim.House, now time.Time) {
		if q.Open {
			h.Pull(q.Inside, now)
		} else {
			h.Shut(now)
		}
	})
	return nil
}

// level takes one number of the world, from low to 1.
func (d *desk) level(low float64, set func(*sim.House, float64, time.Time)) func(struct{ Level float64 }) *problem {
	return func(q struct{ Level float64 }) *problem {
		if q.Level < low || q.Level > 1 {
			return &problem{"level_range", fmt.Sprintf("This goes from %v to 1.", low), fmt.Sprintf("Cela va de %v à 1.", low)}
		}
		d.house.Do(func(h *sim.House, now time.Time) { set(h, q.Level, now) })
		return nil
	}
}

// postBump moves the camera so many pixels from where it was mounted, in a picture of 1280x720.
func (d *desk) postBump(q struct{ Right, Down float64 }) *problem {
	const most = 100
	if max(q.Right, -q.Right, q.Down, -q.Down) > most {
		return &problem{"bump_range", "The camera moves by 100 pixels at most.", "La caméra bouge de 100 pixels au plus."}
	}
	d.house.Do(func(h *sim.House, now time.Time) { h.Bump(q.Right, q.Down, now) })
	return nil
}

func (d *desk) postPlug(q struct {
	Name string
	In   bool
},
) *problem {
	switch q.Name {
	case "power":
		d.plugPower(q.In)
	case "network":
		if err := d.plugNetwork(q.In); err != nil {
			return &problem{"plug_stuck", fmt.Sprintf("The plug does not move (%v).", err), fmt.Sprintf("La prise ne bouge pas (%v).", err)}
		}
	default:
		return &problem{"plug_unknown", "The plugs are power and network.", "Les prises sont power et network."}
	}
	return nil
}

func (d *desk) postKill(q struct{ Name string }) *problem {
	p := d.program(q.Name)
	if p == nil {
		return &problem{"program_unknown", "The programs are hub, gate, eye and link.", "Les programmes sont hub, gate, eye et link."}
	}
	if !p.running() {
		return &problem{"program_off", q.Name + " does not run.", q.Name + " ne tourne pas."}
	}
	p.Kill()
	return nil
}

// stream tells the world now and whenever it changes, as server-sent events.
func (d *desk) stream(w http.ResponseWriter, r *http.Request) {
	changed, cancel := d.house.Notify()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	c := http.NewResponseController(w)
	last := ""
	for {
		line := ": still there\n\n"
		select {
		case <-changed:
			text, err := json.Marshal(d.world())
			if err != nil || string(text) == last {
				continue
			}
			last = string(text)
			line = "data: " + last + "\n\n"
		case <-time.After(stillThere):
		case <-r.Context().Done():
			return
		}
		if _, err := w.Write([]byte(line)); err != nil || c.Flush() != nil {
			return
		}
	}
}

func (d *desk) listPrograms(w http.ResponseWriter, _ *http.Request) {
	list := []status{}
	for _, p := range d.programs {
		list = append(list, p.status())
	}
	reply(w, http.StatusOK, list)
}

// listLinks says where to look; whether the device has an owner by now only gate knows.
func (d *desk) listLinks(w http.ResponseWriter, r *http.Request) {
	id, err := whoIs(r.Context(), d.o, d.folder)
	var link string
	if err == nil {
		link, err = id.ownerLink(d.o)
	}
	if err != nil {
		d.say("ask who the device is: %v", err)
		refuse(w, http.StatusServiceUnavailable, "device_silent",
			"The device does not say who it is; look into its log.", "L’appareil ne dit pas qui il est ; consultez son journal.")
		return
	}
	reply(w, http.StatusOK, map[string]any{
		"owner": link,
		"hub":   "http://" + d.o.http,
		"mqtt": map[string]string{
			"url": "mqtt://" + d.o.mqtt, "user": d.device.reader.User, "password": d.device.reader.Password,
		},
	})
}

// serveDesk serves the desk page until Close.
func (d *desk) serveDesk(l net.Listener) {
	d.web = &http.Server{Handler: d.handler(), ReadHeaderTimeout: 5 * time.Second}
	d.serving.Go(func() {
		if err := d.web.Serve(l); err != nil && err != http.ErrServerClosed {
			d.say("the desk page: %v", err)
		}
	})
}

func splitAddress(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil { // options were checked
		return address, ""
	}
	return host, port
}
