using ControlTower.Data.Canonical;
using Npgsql;

namespace ControlTower.Data.Triage;

/// <summary>Rows of <see cref="CaseSql"/> to records; column numbers are the order of its select lists.</summary>
internal static class CaseReader
{
    private const int TrendSteps = 12;

    public static CaseRow Row(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt32(6), r.GetInt32(7), r.IsDBNull(8) ? null : r.GetInt64(8),
        r.GetString(9), Text(r, 10), Text(r, 11), Text(r, 12), r.GetString(13), r.IsDBNull(15) ? null : new Money(r.GetDecimal(14), r.GetString(15)),
        Text(r, 16), When(r, 17), At(r, 18), At(r, 19), When(r, 20), Text(r, 21), Text(r, 22))
    {
        Version = r.GetInt32(23),
        AtRisk = r.IsDBNull(15) ? null : new Money(r.GetDecimal(24), r.GetString(15)),
        Assignee = r.IsDBNull(25) ? null : new CaseHolder(r.GetGuid(25), r.GetString(26)),
        Ticket = Text(r, 27),
        Shelf = r.IsDBNull(28) ? null : new CaseShelf(r.GetString(28) == "held" ? ShelfKind.Held : ShelfKind.Snoozed, When(r, 29), r.GetString(30), Text(r, 31)),
        WokeAt = When(r, 32),
        AcceptedAt = When(r, 33),
        IsProven = r.GetBoolean(34),
        IsGivenByRule = r.GetBoolean(35),
        DueAt = When(r, 36),
        Store = Text(r, 37),
    };

    public static Cause Cause(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), Text(r, 5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8),
        Values(r, 9), At(r, 11), At(r, 12), Trend(r, 13), Text(r, 15))
    { Taken = r.GetInt32(16), LastRetriedAt = When(r, 17) };

    public static CaseCall Call(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.GetString(4), r.GetString(5), r.IsDBNull(6) ? null : r.GetInt32(6),
        r.GetString(7), Text(r, 8), At(r, 9), r.GetInt32(10));

    public static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    public static DateTimeOffset At(NpgsqlDataReader r, int column) => r.GetFieldValue<DateTimeOffset>(column);

    public static DateTimeOffset? When(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : At(r, column);

    public static Money[] Values(NpgsqlDataReader r, int column) => r.IsDBNull(column)
        ? []
        : [.. r.GetFieldValue<string[]>(column).Zip(r.GetFieldValue<decimal[]>(column + 1), (currency, amount) => new Money(amount, currency))];

    private static int[] Trend(NpgsqlDataReader r, int column)
    {
        var trend = new int[TrendSteps];
        if (!r.IsDBNull(column))
        {
            foreach (var (bucket, number) in r.GetFieldValue<int[]>(column).Zip(r.GetFieldValue<int[]>(column + 1)))
            {
                // Bucket 1 is the newest; a case opened by a clock slightly ahead falls into bucket 0 and counts as now.
                trend[TrendSteps - Math.Clamp(bucket, 1, TrendSteps)] += number;
            }
        }

        return trend;
    }
}
