using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Outbox;
using Npgsql;

namespace ControlTower.Data.Timeline;

/// <summary>Rows of <see cref="OrderStorySql"/> to records; column numbers are the order of its select lists.</summary>
internal static class OrderStoryReader
{
    public static OrderHead Head(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), Text(r, 6), r.GetString(7), r.GetString(8),
        new Money(r.GetDecimal(9), r.GetString(10)), When(r, 11), At(r, 12), At(r, 13), At(r, 14),
        r.IsDBNull(15) ? null : r.GetInt32(15), r.GetInt32(16), Text(r, 17), Text(r, 18))
    {
        IsToBeErased = r.GetBoolean(19),
        ErasedAt = When(r, 20),
    };

    public static StorySystem System(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), When(r, 5), Text(r, 6), r.GetString(7), When(r, 8));

    public static StoryStep Step(NpgsqlDataReader r) => new(
        r.GetInt32(0), r.GetString(1), r.GetString(2), Text(r, 3), Text(r, 4), Text(r, 5), At(r, 6), Text(r, 7));

    public static StoryMessage Message(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), Text(r, 5), At(r, 6), r.GetInt32(7));

    public static StoryCall Call(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), Text(r, 2), r.GetString(3), r.GetInt32(4), r.GetString(5), r.GetString(6),
        r.IsDBNull(7) ? null : r.GetInt32(7), r.GetString(8), Text(r, 9), At(r, 10), r.GetInt32(11));

    public static StoryPosting Posting(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), Text(r, 5), new Money(r.GetDecimal(6), r.GetString(7)), At(r, 8), When(r, 9));

    public static StoryDelivery Delivery(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), (DeliveryState)r.GetInt16(4), (DeliveryLane)r.GetInt16(5), r.GetInt32(6), r.GetInt32(7),
        At(r, 8), When(r, 9), When(r, 10), Text(r, 11), Text(r, 12), At(r, 13));

    public static StoryCase Case(NpgsqlDataReader r) => new(
        r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), At(r, 5), When(r, 6), r.GetInt32(7));

    public static StoryAct Act(NpgsqlDataReader r) => new(At(r, 0), r.GetString(1), r.GetString(2), r.GetString(3), Text(r, 4), Text(r, 5));

    private static string? Text(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : r.GetString(column);

    private static DateTimeOffset At(NpgsqlDataReader r, int column) => r.GetFieldValue<DateTimeOffset>(column);

    private static DateTimeOffset? When(NpgsqlDataReader r, int column) => r.IsDBNull(column) ? null : At(r, column);
}
