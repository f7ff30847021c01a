namespace ControlTower.Sync.Connectors.Http;

/// <summary>The operator of this installation did not name the host. Nothing was sent.</summary>
public sealed class NotReachableException(string host, int port)
    : IOException($"{host}:{port} is not among the hosts that connections may lead to. Whoever runs ControlTower adds it to Connections:Hosts, or the address is corrected.");
