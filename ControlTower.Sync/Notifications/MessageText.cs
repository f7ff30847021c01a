using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ControlTower.Data.Canonical;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connections;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Notifications;

/// <summary>
/// Words of a message: orders by name, causes by title, amounts and links, never anything about customers. Several notices become one message with counts, money at risk and the causes that weigh most.
/// </summary>
public sealed class MessageText(IOptions<TowerAddress> address)
{
    private const int TopCauses = 3;
    private const int MostLevels = 20;

    public Message Of(NotificationChannel channel, NoticeParcel parcel, DateTimeOffset now)
    {
        var zone = QuietTime.ZoneOf(channel);
        var notices = parcel.Notices;
        var type = notices.Select(notice => notice.Event).Distinct(StringComparer.Ordinal).ToArray() is [var one] ? one : "several";
        var (title, facts) = notices is [var single] ? (Title(single), Facts(single, zone)) : (Title(notices), Facts(notices));
        return new Message(Id(channel, parcel), title, facts, Link(parcel), type, now, [.. notices.Select(Item)]);
    }

    /// <summary>A message that says that messages arrive.</summary>
    public Message Test(string channel, string by, DateTimeOffset now) =>
        new($"msg_{Guid.NewGuid():N}", $"Test of {channel}", [new("From", "ControlTower"), new("Asked for by", by)], At(""), "test", now, []);

    private static string Title(Notice notice) => notice.Event switch
    {
        NoticeKind.Sla => notice.Step == 0 ? $"Overdue: {Subject(notice)}" : $"Due within {notice.Step} h: {Subject(notice)}",
        NoticeKind.Assigned => $"Assigned to {notice.Assignee ?? "somebody"}: {Subject(notice)}",
        NoticeKind.Batch => $"Batch B-{notice.BatchId} stopped by itself",
        NoticeKind.Stock => notice.Detail ?? "The stock of something fell or rose",
        NoticeKind.Promotion => notice.Detail ?? "Something happened to a promotion",
        NoticeKind.Reconciliation => notice.Detail ?? "The backlog of the reconciliation is beyond its limits",
        NoticeKind.Feed => notice.Detail ?? "A feed failed or is late",
        NoticeKind.Ownership => notice.Detail ?? "A write by another than the owner waits",
        NoticeKind.Figures => "The key figures of last week",
        NoticeKind.Webhook => notice.Detail ?? "A webhook was switched off",
        NoticeKind.Incident or NoticeKind.IncidentUntaken => notice.Detail ?? "Something happened to an incident",
        _ => "The check of the data found something",
    };

    private static string Title(IReadOnlyList<Notice> notices)
    {
        int Of(Func<Notice, bool> fits) => notices.Count(fits);
        (int Count, string Words)[] parts =
        [
            (Of(n => n is { Event: NoticeKind.Sla, Step: 0 }), "overdue"), (Of(n => n is { Event: NoticeKind.Sla, Step: 1 }), "due within 1 h"),
            (Of(n => n is { Event: NoticeKind.Sla, Step: 2 or 3 }), "due within 3 h"), (Of(n => n.Event == NoticeKind.Assigned), "assigned"),
            (Of(n => n.Event == NoticeKind.Batch), "stopped batches"), (Of(n => n.Event == NoticeKind.Integrity), "findings in the data"),
            (Of(n => n.Event == NoticeKind.Stock), "levels of stock"), (Of(n => n.Event == NoticeKind.Promotion), "of promotions"),
            (Of(n => n.Event == NoticeKind.Reconciliation), "of reconciliation"), (Of(n => n.Event == NoticeKind.Feed), "of feeds"), (Of(n => n.Event == NoticeKind.Ownership), "writes that wait"), (Of(IsIncident), "of incidents"), (Of(n => n.Event == NoticeKind.Figures), "reports of key figures"),
            (Of(n => n.Event == NoticeKind.Webhook), "webhooks switched off"),
        ];
        return string.Join(", ", parts.Where(part => part.Count > 0).Select(part => Text($"{part.Count} {part.Words}")));
    }

    private static List<MessageFact> Facts(Notice notice, TimeZoneInfo zone)
    {
        List<MessageFact> facts = [];
        Add("Cause", notice.Cause);
        Add("Class", notice.Failure);
        Add("Value", notice.Value is { Amount: > 0 } value ? Amount(value) : null);
        Add("Due", notice.DueAt is { } due ? Text($"{TimeZoneInfo.ConvertTime(due, zone):ddd d MMM HH:mm} ({zone.Id})") : null);
        Add("In the hands of", notice.CaseId is null || notice.Event == NoticeKind.Assigned ? null : notice.Assignee ?? "nobody");
        Add("Why", notice.Event is NoticeKind.Stock or NoticeKind.Promotion or NoticeKind.Reconciliation or NoticeKind.Feed or NoticeKind.Ownership or NoticeKind.Webhook || IsIncident(notice) ? null : notice.Detail);
        return facts;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                facts.Add(new(name, value));
            }
        }
    }

    private static List<MessageFact> Facts(IReadOnlyList<Notice> notices)
    {
        // A case that was told of twice counts once.
        var cases = notices.Where(notice => notice.CaseId is not null).DistinctBy(notice => notice.CaseId).ToList();
        List<MessageFact> facts = [];
        if (cases.Count > 0)
        {
            facts.Add(new("Cases", Text($"{cases.Count}")));
            var sums = cases.Select(one => one.AtRisk).OfType<Money>().GroupBy(money => money.Currency, StringComparer.Ordinal)
                .Select(group => new Money(group.Sum(money => money.Amount), group.Key)).Where(sum => sum.Amount > 0).OrderByDescending(sum => sum.Amount).ToList();
            if (sums.Count > 0)
            {
                facts.Add(new("At risk", string.Join(" + ", sums.Select(Amount))));
            }

            facts.AddRange(cases.GroupBy(one => one.Cause ?? "", StringComparer.Ordinal).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(TopCauses)
                .Select((group, place) => new MessageFact(Text($"Cause {place + 1}"), Text($"{group.Key} ({group.Count()})"))));
        }

        facts.AddRange(notices.Where(notice => notice.BatchId is not null).Select(notice => new MessageFact(Text($"Batch B-{notice.BatchId}"), notice.Detail ?? "stopped")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Integrity).Select(notice => new MessageFact("Data", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Stock).Take(MostLevels).Select(notice => new MessageFact("Stock", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Promotion).Take(MostLevels).Select(notice => new MessageFact("Promotion", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Reconciliation).Take(MostLevels).Select(notice => new MessageFact("Reconciliation", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Feed).Take(MostLevels).Select(notice => new MessageFact("Feed", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Ownership).Take(MostLevels).Select(notice => new MessageFact("Ownership", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Figures).Select(notice => new MessageFact("Key figures", notice.Detail ?? "")));
        facts.AddRange(notices.Where(notice => notice.Event == NoticeKind.Webhook).Take(MostLevels).Select(notice => new MessageFact("Webhook", notice.Detail ?? "")));
        facts.AddRange(notices.Where(IsIncident).Take(MostLevels).Select(notice => new MessageFact("Incident", notice.Detail ?? "")));
        return facts;
    }

    private MessageItem Item(Notice notice) => new(
        notice.Event, notice.CaseId, notice.Order, notice.Failure, notice.Cause, notice.Value?.Amount, notice.AtRisk?.Amount, notice.Value?.Currency, notice.DueAt, notice.Step, notice.BatchId,
        notice.Detail, Link(notice));

    private Uri? Link(NoticeParcel parcel) =>
        parcel.Notices is [var single] ? Link(single)
        : parcel.Notices.Any(notice => notice.CaseId is not null) ? At(parcel.Person is null ? "exceptions" : "exceptions?view=mine")
        : Link(parcel.Notices[0]);

    private Uri? Link(Notice notice) => notice switch
    {
        { CaseId: { } id } => At(Text($"exceptions?case={id}")),
        { BatchId: { } id } => At(Text($"exceptions/batches/{id}")),
        { Event: NoticeKind.Stock } => At("inventory/low?view=low"),
        { PromotionId: { } id, Page: "release" } => At(Text($"promotions/{id}/release")),
        { PromotionId: { } id } => At(Text($"promotions/{id}?step=approval")),
        { Event: NoticeKind.Promotion } => At("promotions"),
        { Event: NoticeKind.Reconciliation } => At("reconciliation"),
        { Event: NoticeKind.Feed } => At("reconciliation/feeds"),
        { Event: NoticeKind.Ownership } => At("ownership/writes?waiting=1"),
        { Event: NoticeKind.Figures } => At("kpis"),
        { Event: NoticeKind.Webhook } => At("admin/webhooks"),
        { IncidentId: { } id } => At(Text($"incidents/{id}")),
        _ => At("operations"),
    };

    // Without a public address there is nothing that a message could lead to.
    private Uri? At(string path) => address.Value.Base is { } tower ? new Uri($"{tower.AbsoluteUri.TrimEnd('/')}/{path}") : null;

    private static bool IsIncident(Notice notice) => notice.Event is NoticeKind.Incident or NoticeKind.IncidentUntaken;

    private static string Subject(Notice notice) => notice.Order is { } order ? $"order {order}" : Text($"case {notice.CaseId}");

    private static string Id(NotificationChannel channel, NoticeParcel parcel) =>
        $"msg_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text($"{channel.Id}/{string.Join(',', parcel.Notices.Select(notice => notice.Id))}"))))[..32]}";

    private static string Amount(Money money) => money.Amount.ToString(Text($"N{Currencies.Decimals(money.Currency)}"), CultureInfo.InvariantCulture) + " " + money.Currency;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
