using ControlTower.Data.Exports;
using ControlTower.Sync.Exports;
using System.Globalization;
using System.Text;
using ControlTower.Data.Reconciliation;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Reconciliation;

public enum ReconTab { Backlog, Suggested, Mine, Completeness, Payouts, Statements, Rules, Months, Feeds }

/// <summary>What the pages of reconciliation show, as their address says it. Any address gives a query; what it does not understand, it leaves out.</summary>
/// <param name="Currency">Empty: the one in which most is open.</param>
/// <param name="Books">Empty: all companies.</param>
/// <param name="Connection">Of the payouts, or the source of what is listed.</param>
/// <param name="Order">Only what is about this order; then all currencies are listed.</param>
/// <param name="Item">The item in the pane; null: the first of the list.</param>
/// <param name="Payout">Line of the payout that is opened.</param>
/// <param name="Feed">The feed whose days are shown; null: the first.</param>
/// <param name="Month">Of those days, <c>yyyy-MM</c>; empty: the newest.</param>
/// <param name="Run">The business day that is opened.</param>
/// <param name="Owner">Whose items: id of an account, a team, or nobody. Empty: everybody's.</param>
public sealed record ReconQuery(
    ReconTab Tab, string Currency = "", string Books = "", string Category = "", int? Bucket = null, string State = "open", string Kind = "", string Words = "", string Connection = "", long? Order = null,
    long? Item = null, long? Payout = null, long? Feed = null, string Month = "", long? Run = null, string Owner = "")
{
    private const int Longest = 100;

    public static ReconQuery Start { get; } = new(ReconTab.Backlog);

    public static IReadOnlyList<string> States { get; } = ["open", "overdue", "coming", "tolerated", "settled", "closed"];

    /// <summary>The tab is a list of items with a pane.</summary>
    public bool IsList => Tab is ReconTab.Backlog or ReconTab.Suggested or ReconTab.Mine;

    public bool Narrows => Category.Length > 0 || Bucket is not null || Kind.Length > 0 || Words.Length > 0 || Connection.Length > 0 || Owner.Length > 0 || Order is not null;

    /// <summary>The list alone: two of the same show the same items.</summary>
    public ReconQuery AsList => this with { Item = null, Payout = null, Run = null };

    public static ReconQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        var values = at < 0 ? [] : QueryHelpers.ParseQuery(uri[at..].Split('#')[0]);
        // Feeds have an address of their own.
        var isFeeds = (at < 0 ? uri : uri[..at]).TrimEnd('/').EndsWith(Links.Feeds, StringComparison.OrdinalIgnoreCase);
        var tab = isFeeds ? ReconTab.Feeds : Enum.GetValues<ReconTab>().FirstOrDefault(t => t.ToString().Equals(Text("tab"), StringComparison.OrdinalIgnoreCase));
        return new ReconQuery(
            tab, Data.Canonical.Currencies.IsCode(Text("currency")) ? Text("currency") : "", Text("books"), OneOf(ReconCategories.All, "category"), Number("bucket") is { } bucket and < AgeBuckets.Count ? (int)bucket : null,
            OneOf(States, "state") is { Length: > 0 } state ? state : "open", OneOf(BreakKinds.All, "kind"), Text("words"), Text("connection"), Number("order"), Number("item"), Number("payout"), Number("feed"), DateOnly.TryParseExact(Text("month"), "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? Text("month") : "", Number("run"),
            Guid.TryParse(Text("owner"), out var owner) ? owner.ToString() : OneOf([.. ReconTeams.All, ReconTeams.Nobody], "owner"));

        string OneOf(IReadOnlyList<string> known, string name) => known.FirstOrDefault(k => k == Text(name)) ?? "";

        long? Number(string name) => long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        // PostgreSQL takes no zeros in text.
        string Text(string name) => values.TryGetValue(name, out var value) && value.ToString() is var text
            ? new string([.. text.Trim().Where(sign => !char.IsControl(sign) && !char.IsSurrogate(sign)).Take(Longest)])
            : "";
    }

    /// <summary>This list as a file.</summary>
    public ExportAsked Ask(ExportFormat format, string? currency, Guid me) => BreaksExport.Ask(Filter(currency, me), format, AsList.Href());

    /// <param name="currency">The one that is shown; null where nothing is open in any.</param>
    /// <param name="me">Whose items <c>mine</c> are.</param>
    public ReconFilter Filter(string? currency, Guid me) => new(
        State, Maybe(Category), Maybe(Kind), Bucket, Order is null ? currency : null, Maybe(Books), Maybe(Connection), Tab is ReconTab.Mine ? me.ToString() : Maybe(Owner), Maybe(Words), Tab is ReconTab.Suggested, Order);

    /// <summary>Another tab, of the same company and currency.</summary>
    public ReconQuery On(ReconTab tab) => new(tab, Currency, Books);

    /// <summary>A cell of the backlog, or a row of it: what is late.</summary>
    public ReconQuery With(string category, int? bucket) => AsList with { Category = category, Bucket = bucket, State = "open" };

    public ReconQuery Without(string field) => AsList with
    {
        Category = field == "break" ? "" : Category,
        Bucket = field == "age" ? null : Bucket,
        Kind = field == "kind" ? "" : Kind,
        Connection = field == "source" ? "" : Connection,
        Owner = field == "owner" ? "" : Owner,
        Order = field == "order" ? null : Order,
    };

    public string Href()
    {
        var text = new StringBuilder();
        Put("tab", Tab is ReconTab.Backlog or ReconTab.Feeds ? "" : Tab.ToString().ToLowerInvariant());
        Put("currency", Currency);
        Put("books", Books);
        Put("category", Category);
        Put("bucket", Bucket?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("state", State == "open" ? "" : State);
        Put("kind", Kind);
        Put("words", Words);
        Put("connection", Connection);
        Put("owner", Owner);
        Put("order", Order?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("item", Item?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("payout", Payout?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("feed", Feed?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put("month", Month);
        Put("run", Run?.ToString(CultureInfo.InvariantCulture) ?? "");
        return (Tab is ReconTab.Feeds ? Links.Feeds : Links.Reconciliation) + text;

        void Put(string name, string value)
        {
            if (value.Length > 0)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }

    private static string? Maybe(string text) => text.Length == 0 ? null : text;
}
