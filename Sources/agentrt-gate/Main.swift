internal import NetworkGate

/// The program beside agentrt that answers names and carries connections for one container.
@main
struct Main {
    static func main() { GateProgram.run() }
}
