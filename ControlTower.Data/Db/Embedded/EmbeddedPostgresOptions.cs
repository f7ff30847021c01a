namespace ControlTower.Data.Db.Embedded;

/// <param name="Directory">Absolute folder that holds everything of this cluster.</param>
/// <param name="BinDirectory">Folder of <c>postgres</c> and <c>initdb</c>; null: searched for.</param>
/// <param name="Port">Loopback port; null: a Unix socket, or a free port where its path would be too long.</param>
/// <param name="Durable">False gives up crash safety for speed. Only tests that lose nothing by it do that.</param>
public sealed record EmbeddedPostgresOptions(string Directory, string? BinDirectory = null, int? Port = null, bool Durable = true);
