@main struct Agentrt { static func main() {} }
