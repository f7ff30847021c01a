namespace ControlTower.Data.Flows;

/// <summary>Statements that find the order behind a message. Arguments are placeholders, never values.</summary>
internal static class MessageSearch
{
    // Known by how the message ended; while it has not, or ended in a case, by its lane, which names the order or the posting that it is about.
    private const string Flow =
        """
        left join inbox_outcome o on o.message_id = m.id
        cross join lateral (
            select o.flow_id as id where o.flow_id is not null
            union all select x.id from flow x where o.flow_id is null and m.lane like 'order/%' and x.kind = 'order-to-cash' and x.source = m.connection_id and x.source_id = substr(m.lane, 7)
            union all select p.flow_id from posting p where o.flow_id is null and m.lane like 'posting/%' and p.key = substr(m.lane, 9)) x
        """;

    public static string ByTrace(string trace) => $"(select x.id from inbox_message m {Flow} where m.trace_id = {trace})";

    /// <summary>
    /// The vendor's own id of an event, in any topic of any connection. The unique index begins with those two: their few pairs are stepped through from one to the next, and the
    /// id is looked up under each. An index on the id alone would cost every message that arrives. The limits keep the planner from reading the table whole.
    /// </summary>
    public static string ByEvent(string ids) => $"({Doors} select x.id {Found(ids)} {Flow})";

    /// <summary>The messages themselves, whether an order is known of them or not.</summary>
    public static string Messages(string ids) => $"({Doors} select m.id {Found(ids)})";

    private const string Doors =
        """
        with recursive door as (
            (select connection_id, topic from inbox_message order by connection_id, topic limit 1)
            union all
            select n.connection_id, n.topic from door d cross join lateral (
                select connection_id, topic from inbox_message where (connection_id, topic) > (d.connection_id, d.topic) order by connection_id, topic limit 1) n)
        """;

    private static string Found(string ids) =>
        $"""
        from door d
        cross join unnest({ids}::text[]) as pasted (id)
        cross join lateral (
            select id, connection_id, lane from inbox_message where connection_id = d.connection_id and topic = d.topic and event_id = pasted.id limit 1) m
        """;
}
