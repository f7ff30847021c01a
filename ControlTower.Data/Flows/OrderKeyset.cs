using System.Globalization;
using ControlTower.Data.Db;

namespace ControlTower.Data.Flows;

/// <summary>The allowed orders of the list, each a total one: the id decides between equals, so no row is skipped or shown twice between pages.</summary>
internal sealed record OrderKeyset(string Column, string Type, bool Descending)
{
    public string OrderBy => Descending ? $"{Column} desc, f.id desc" : $"{Column}, f.id";

    public static OrderKeyset Of(OrderSort sort) => sort switch
    {
        OrderSort.LongestInStage => new("f.stage_since", "timestamptz", Descending: false),
        OrderSort.Value => new("f.value", "numeric", Descending: true),
        OrderSort.Heard => new("f.id", "bigint", Descending: false),
        _ => new("f.placed_at", "timestamptz", Descending: true),
    };

    public void After(SqlFilter where, OrderCursor? cursor)
    {
        if (cursor is null)
        {
            return;
        }

        var value = Type == "bigint" ? where.Value(cursor.Id)
            : Type == "numeric" ? where.Value(decimal.Parse(cursor.Value, CultureInfo.InvariantCulture))
            : where.Value(DateTimeOffset.Parse(cursor.Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal));
        where.Add($"({Column}, f.id) {(Descending ? "<" : ">")} ({value}, {where.Value(cursor.Id)})");
    }
}
