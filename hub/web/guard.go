package web

import (
	"net/http"
	"strings"
)

// Every answer's headers. The pages load what comes from this hub and nothing else; they
// run no inline code, and nothing frames them. No sensor of the phone is ever asked for.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Permissions-Policy": "accelerometer=(), autoplay=(self), browsing-topics=(), camera=(), " +
		"display-capture=(), encrypted-media=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), " +
		"local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Origin-Agent-Cluster":         "?1",
	"X-Robots-Tag":                 "noindex",
}

// guard stands before every request: headers, our own name, our own pages.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection() // by Sec-Fetch-Site, else by Origin; GET passes
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		origin, ok := s.origins[r.Host]
		if strings.HasPrefix(origin, "https:") {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		api := strings.HasPrefix(r.URL.Path, "/api/")
		if api {
			w.Header().Set("Cache-Control", "no-store")
		}
		switch site := r.Header.Get("Sec-Fetch-Site"); {
		case !ok:
			s.writeError(w, r, errHost)
		case api && site != "" && site != "same-origin" && site != "none":
			s.writeError(w, r, errForeign)
		case cross.Check(r) != nil:
			s.writeError(w, r, errForeign)
		case api && r.Method == http.MethodPost && !isJSON(r):
			s.writeError(w, r, errNotJSON)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isJSON: a form can't claim that, so no foreign page can send it unasked.
func isJSON(r *http.Request) bool {
	kind, params, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	charset := strings.ToLower(strings.ReplaceAll(params, " ", ""))
	return strings.EqualFold(strings.TrimSpace(kind), "application/json") && (charset == "" || charset == "charset=utf-8")
}

// originOf is the origin of the page that made a request that passed the guard.
func (s *Server) originOf(r *http.Request) string { return s.origins[r.Host] }
