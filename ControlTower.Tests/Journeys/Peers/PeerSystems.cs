using System.Text.Json;
using ControlTower.Sync.Connectors;

namespace ControlTower.Tests.Journeys.Peers;

/// <summary>
/// A real Vendure and a real Tryton, if somebody started them (see <c>./tower peers</c>): the folder in <c>PEER_HOME</c> holds what their seeding wrote down.
/// </summary>
internal sealed record PeerSystems(ConnectionProfile Vendure, ConnectionProfile Tryton)
{
    public static PeerSystems? Find()
    {
        if (Environment.GetEnvironmentVariable("PEER_HOME") is not { Length: > 0 } home || !File.Exists(Path.Combine(home, "vendure", "seed.json")))
        {
            return null;
        }

        using var vendure = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(home, "vendure", "seed.json")));
        return new PeerSystems(
            new ConnectionProfile(
                "vendure", "vendure", "Vendure", "Peer", "EU", "EUR", "Europe/Paris", "tryton",
                new Dictionary<string, string> { ["baseUrl"] = $"http://127.0.0.1:{Port("PEER_VENDURE_PORT", 43000)}", ["channelToken"] = vendure.RootElement.GetProperty("channelToken").GetString()!, ["settleRefunds"] = "true" },
                new Dictionary<string, string> { ["apiKey"] = vendure.RootElement.GetProperty("apiKey").GetString()!, ["webhookSecret"] = "peer-secret" }),
            new ConnectionProfile(
                "tryton", "tryton", "Tryton", "Peer", "EU", "EUR", "Europe/Paris", null,
                new Dictionary<string, string> { ["baseUrl"] = $"http://127.0.0.1:{Port("PEER_TRYTON_PORT", 48000)}", ["database"] = "tryton", ["user"] = "admin" },
                new Dictionary<string, string> { ["password"] = Environment.GetEnvironmentVariable("PEER_TRYTON_PASSWORD") ?? "peer-admin-pw" }));
    }

    private static int Port(string name, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(name), System.Globalization.CultureInfo.InvariantCulture, out var port) ? port : otherwise;
}
