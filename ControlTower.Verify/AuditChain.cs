using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;

namespace ControlTower.Verify;

/// <summary>Recomputes the chain of the audit trail from its first row: nothing changed, removed, put in, reordered or cut off, and every outside anchor still there.</summary>
internal static class AuditChain
{
    public const string Name = "audit-chain-whole";
    public const string Promise = "The audit trail is one unbroken chain that ends at its head and passes every anchor.";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The anchors as they stand. To be read before the snapshot is taken: one that is written after it tells of a row that the snapshot does not see.</summary>
    public static async Task<IReadOnlyList<string>> AnchorsAsync(string? file, CancellationToken cancel) => file is null || !File.Exists(file) ? [] : await File.ReadAllLinesAsync(file, cancel);

    public static async Task<Finding> CheckAsync(NpgsqlConnection connection, IReadOnlyList<string> anchorLines, CancellationToken cancel)
    {
        if (!await Checker.ExistsAsync(connection, "audit", cancel))
        {
            return new Finding(Name, Promise, 0, [], [], Skipped: "there is no table audit");
        }

        var anchors = anchorLines.Select(l => l.Split(' ')).Where(p => p.Length == 2 && p[1].Length == 64)
            .ToLookup(p => long.Parse(p[0], CultureInfo.InvariantCulture), p => p[1]).ToDictionary(g => g.Key, g => g.ToList());
        List<(long Seq, string What)> broken = [];
        var (last, expected) = (0L, new byte[32]);
        await using (var command = new NpgsqlCommand(
            "select seq, at, actor_id, actor_name, actor_role, actor_address, action, subject, outcome, reason, detail, prev_hash, hash from audit order by seq", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var seq = reader.GetInt64(0);
                var (before, hash) = (reader.GetFieldValue<byte[]>(11), reader.GetFieldValue<byte[]>(12));
                Judge(seq != last + 1, "a row is missing before it");
                Judge(!before.AsSpan().SequenceEqual(expected), "it does not follow the row before it");
                Judge(!hash.AsSpan().SequenceEqual(Hash(before, reader)), "it was changed");
                Judge(anchors.Remove(seq, out var kept) && kept.Exists(k => k != Convert.ToHexStringLower(hash)), "it differs from its anchor");
                (last, expected) = (seq, hash);

                void Judge(bool wrong, string what)
                {
                    if (wrong)
                    {
                        broken.Add((seq, what));
                    }
                }
            }
        }

        broken.AddRange(anchors.Keys.Where(a => a > last).Select(a => (a, "an anchor tells of a row that is gone")));
        await using (var command = new NpgsqlCommand("select seq, hash from audit_head", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel) || reader.GetInt64(0) != last || !reader.GetFieldValue<byte[]>(1).AsSpan().SequenceEqual(expected))
            {
                broken.Add((last, "the head does not name the last row"));
            }
        }

        return new Finding(
            Name, Promise, broken.Count, ["seq", "what"], [.. broken.Take(Checker.MostRows).Select(b => (IReadOnlyList<string?>)[b.Seq.ToString(CultureInfo.InvariantCulture), b.What])]);
    }

    // hash = SHA-256(previous hash, then the row as a JSON array of strings and nulls); the time in UTC with microseconds.
    private static byte[] Hash(byte[] before, NpgsqlDataReader row)
    {
        using var line = new MemoryStream();
        line.Write(before);
        using (var json = new Utf8JsonWriter(line, Plain))
        {
            json.WriteStartArray();
            json.WriteStringValue(row.GetInt64(0).ToString(CultureInfo.InvariantCulture));
            json.WriteStringValue(row.GetFieldValue<DateTimeOffset>(1).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.WriteStringValue(row.IsDBNull(2) ? null : row.GetGuid(2).ToString());
            for (var i = 3; i <= 10; i++)
            {
                json.WriteStringValue(row.IsDBNull(i) ? null : row.GetString(i));
            }

            json.WriteEndArray();
        }

        return SHA256.HashData(line.ToArray());
    }
}
