// Package walls confines one of the device's programs to what it needs, checks that the
// walls stand, and refuses otherwise.
//
// [Raise] is called once, early, before a program looks at anything a stranger sent:
//
//   - eye and gate must find themselves in a network namespace with nothing but lo. They
//     cannot make one themselves without privileges; systemd (PrivateNetwork) or the
//     desk's launcher does.
//   - Landlock (kernel 5.19, ABI 2, files only, strict and never best-effort, which drops
//     silently what a kernel can't do): only the listed files and folders can be opened.
//   - seccomp on every thread, with no_new_privs: no exec, no ptrace, no other process's
//     memory, no io_uring (it opens sockets past seccomp), no bpf, perf, mount, namespaces,
//     modules, keys, userfaultfd. eye and gate get Unix sockets only; link gets Unix, IPv4,
//     IPv6 and netlink (which Go's net asks for the interfaces). Calls by a foreign
//     ABI (32-bit or x32 on amd64) are refused whole.
//   - no core dump, and the process's memory cannot be read by its own user.
//   - Then each wall is tried: forbidden calls have to fail with the wall's own error.
//
// The seccomp filter is a deny-list, for now: OpenCV, its thread pools, FFmpeg and
// GStreamer in the same process call whatever their versions like, and a filter that kills a
// camera driver on an untested board would be taken down by its owner. The list is what
// an attacker in the process needs to get out of it; the namespace, Landlock and systemd's
// own allow-list stand behind it.
//
// Non-goals: Landlock sees no TCP, UDP or Unix sockets at ABI 2, so which Unix sockets can
// be reached is a matter of file permissions and systemd; resource limits are systemd's. Of
// these eye needs one raised: it locks the camera's frames in memory, up to 30 MB at
// 1920x1080 (vision.Sight.Loose), where systemd and the kernel allow 8 MB, so its unit says
// LimitMEMLOCK=32M.
package walls
