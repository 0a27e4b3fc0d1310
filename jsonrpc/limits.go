package jsonrpc

// limits refuse new objects while the process is near the limits that the system sets it (protocol.md §9).
type limits struct {
	fraction float64 // of the soft rlimits, 0: no limit
}
