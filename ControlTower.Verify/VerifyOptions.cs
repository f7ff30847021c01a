using System.Globalization;

namespace ControlTower.Verify;

/// <param name="Ledger">Address of the estate, whose ERPs' own ledgers are compared; null leaves that out.</param>
/// <param name="Anchors">File of audit anchors kept outside the database; null leaves that out.</param>
/// <param name="Grace">How long work may wait before it counts as stuck.</param>
internal sealed record VerifyOptions(string ConnectionString, Uri? Ledger, string? Anchors, TimeSpan Grace, bool Json)
{
    /// <summary>How far back that is read again which never changes once it is written; null is the whole history.</summary>
    public TimeSpan? Within { get; init; }

    /// <summary>Whether each index is read through from end to end.</summary>
    public bool Indexes { get; init; } = true;

    /// <summary>How long one statement may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    public const string Usage = """
        usage: verify [CONNECTION-STRING | --data DIR] [--ledger URL] [--anchors FILE] [--grace SECONDS] [--json]
        Without a connection string: Database__ConnectionString from the environment, else what the tower left in DIR/postgres/connection (DIR is .data).
        Exit code: 0 everything holds, 1 something does not, 2 could not look.
        """;

    public static (VerifyOptions? Options, string Complaint) Parse(string[] args)
    {
        string? connection = null, data = null, anchors = null;
        Uri? ledger = null;
        var grace = TimeSpan.FromSeconds(60);
        var json = false;
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--data" when value is not null:
                    data = value;
                    i++;
                    break;
                case "--anchors" when value is not null:
                    anchors = value;
                    i++;
                    break;
                case "--ledger" when Uri.TryCreate(value, UriKind.Absolute, out ledger) && ledger.Scheme is "http" or "https":
                    i++;
                    break;
                case "--grace" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds):
                    grace = TimeSpan.FromSeconds(seconds);
                    i++;
                    break;
                case var text when connection is null && !text.StartsWith('-'):
                    connection = text;
                    break;
                default:
                    return (null, $"verify: cannot read '{args[i]}'.\n{Usage}");
            }
        }

        connection ??= data is null ? Environment.GetEnvironmentVariable("Database__ConnectionString") : null;
        if (connection is null)
        {
            var file = Path.Combine(data ?? ".data", "postgres", "connection");
            if (!File.Exists(file))
            {
                return (null, $"verify: no tower has run on '{data ?? ".data"}': {file} is not there.\n{Usage}");
            }

            connection = File.ReadAllText(file).Trim();
        }

        return (new VerifyOptions(connection, ledger, anchors, grace, json), "");
    }
}
