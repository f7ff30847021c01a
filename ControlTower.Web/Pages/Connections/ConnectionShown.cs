using ControlTower.Data.Connections;

namespace ControlTower.Web.Pages.Connections;

/// <summary>Everything that one connection's page shows, read together.</summary>
/// <param name="Calls">The newest calls of any outcome, newest first.</param>
public sealed record ConnectionShown(
    ConnectionStatus Status, ConnectionSetup Setup, ConnectionHealth Health, IReadOnlyList<BacklogPoint> Backlog, IReadOnlyList<ConnectionTurn> Turns, ConnectionTest? Test,
    IReadOnlyList<CallLine> Calls);

/// <summary>One connection, or the answer that there is none.</summary>
public sealed record ConnectionFound(ConnectionShown? Connection);
