using System.Globalization;
using System.Text;
using ControlTower.Data.Flows;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.WebUtilities;

namespace ControlTower.Web.Pages.Orders;

/// <summary>
/// What the orders page shows, as its address says it. Any address gives a query: parts that cannot be understood are left out and named in <see cref="Wrong"/>.
/// </summary>
/// <param name="Text">As typed; cleaned only for the search itself.</param>
/// <param name="Age">Least time in the stage, as written in the address: <c>2h</c>.</param>
/// <param name="From">First day placed, by the store's calendar.</param>
/// <param name="To">Last day placed.</param>
public sealed record OrdersQuery(
    string Text, IReadOnlyList<string> Stages, IReadOnlyList<string> Statuses, IReadOnlyList<string> Brands, IReadOnlyList<string> Sources,
    TimeSpan? Age, decimal? Least, decimal? Most, DateOnly? From, DateOnly? To, OrderSort Sort, IReadOnlyList<FilterField> Wrong)
{
    private const int MostValues = 20;
    private const int LongestValue = 80;

    public static OrdersQuery All { get; } = new("", [], [], [], [], null, null, null, null, null, OrderSort.Newest, []);

    /// <summary>True if nothing is narrowed.</summary>
    public bool IsPlain => Text.Length == 0 && Stages.Count + Statuses.Count + Brands.Count + Sources.Count == 0
        && Age is null && Least is null && Most is null && From is null && To is null;

    public static OrdersQuery Parse(string uri)
    {
        var at = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
        {
            return All;
        }

        var reader = new Reader(QueryHelpers.ParseQuery(uri[at..].Split('#')[0]));
        return new OrdersQuery(
            reader.Text("q"), reader.Of("stage", OrderWords.Stages), reader.Of("status", OrderWords.Statuses), reader.Each("brand"), reader.Any("shop"),
            reader.One("age", Ages.Parse, "Write an age like 30m, 2h or 3d."), reader.One("min", Amount, "Write an amount like 100 or 99.50."),
            reader.One("max", Amount, "Write an amount like 100 or 99.50."), reader.One("from", Day, "Write a day like 2026-11-26."),
            reader.One("to", Day, "Write a day like 2026-11-26."),
            reader.One("sort", text => text switch { "age" => OrderSort.LongestInStage, "value" => OrderSort.Value, "newest" => OrderSort.Newest, _ => (OrderSort?)null },
                "Sort by newest, age or value.") ?? OrderSort.Newest,
            reader.Wrong);
    }

    /// <summary>The filter for the database. Days begin and end in the store's zone.</summary>
    public OrderFilter Filter(TimeZoneInfo zone) => new()
    {
        Text = OrderSearchText.Parse(Text), Stages = Stages, Statuses = Statuses, Brands = Brands, Sources = Sources, InStageFor = Age, ValueFrom = Least, ValueTo = Most,
        PlacedFrom = Start(From, zone), PlacedBefore = Start(To?.AddDays(1), zone), Sort = Sort,
    };

    /// <summary>The address. The same query always gives the same address.</summary>
    public string Href()
    {
        var text = new StringBuilder();
        Put(text, "q", Text);
        Put(text, "stage", string.Join(',', Stages));
        Put(text, "status", string.Join(',', Statuses));
        foreach (var brand in Brands)
        {
            Put(text, "brand", brand);
        }

        Put(text, "shop", string.Join(',', Sources));
        Put(text, "age", Age is { } age ? Ages.Write(age) : "");
        Put(text, "min", Least?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put(text, "max", Most?.ToString(CultureInfo.InvariantCulture) ?? "");
        Put(text, "from", From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "");
        Put(text, "to", To?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "");
        Put(text, "sort", Sort switch { OrderSort.LongestInStage => "age", OrderSort.Value => "value", _ => "" });
        return Links.Orders + text;
    }

    /// <summary>The filter as chips, wrong parts included.</summary>
    public IReadOnlyList<FilterField> Fields(IReadOnlyDictionary<string, string> shopNames)
    {
        List<FilterField> fields = [];
        void Chip(string name, string value)
        {
            if (value.Length > 0)
            {
                fields.Add(new FilterField(name, value));
            }
        }

        Chip("stage", string.Join(", ", Stages.Select(OrderWords.Stage)));
        Chip("status", string.Join(", ", Statuses.Select(OrderWords.StatusName)));
        Chip("brand", string.Join(", ", Brands));
        Chip("shop", string.Join(", ", Sources.Select(id => shopNames.GetValueOrDefault(id, id))));
        Chip("age", Age is { } age ? $"over {Say.Age(age)}" : "");
        Chip("min", Least is { } least ? $"from {least.ToString(CultureInfo.InvariantCulture)}" : "");
        Chip("max", Most is { } most ? $"to {most.ToString(CultureInfo.InvariantCulture)}" : "");
        Chip("from", From?.ToString("d MMM yyyy", CultureInfo.InvariantCulture) is { } from ? $"placed from {from}" : "");
        Chip("to", To?.ToString("d MMM yyyy", CultureInfo.InvariantCulture) is { } to ? $"placed to {to}" : "");
        return [.. fields, .. Wrong];
    }

    /// <summary>Without one chip.</summary>
    public OrdersQuery Without(string field) => field switch
    {
        "stage" => this with { Stages = [], Wrong = [] },
        "status" => this with { Statuses = [], Wrong = [] },
        "brand" => this with { Brands = [], Wrong = [] },
        "shop" => this with { Sources = [], Wrong = [] },
        "age" => this with { Age = null, Wrong = [] },
        "min" => this with { Least = null, Wrong = [] },
        "max" => this with { Most = null, Wrong = [] },
        "from" => this with { From = null, Wrong = [] },
        "to" => this with { To = null, Wrong = [] },
        _ => this with { Wrong = [] },
    };

    private static void Put(StringBuilder text, string name, string value)
    {
        if (value.Length > 0)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static decimal? Amount(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount < 1_000_000_000_000m ? amount : null;

    private static DateOnly? Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2199 ? day : null;

    private static DateTimeOffset? Start(DateOnly? day, TimeZoneInfo zone)
    {
        if (day is not { } date)
        {
            return null;
        }

        var midnight = date.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }

    /// <summary>Reads one address; remembers what it could not understand.</summary>
    private sealed class Reader(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> parts)
    {
        public List<FilterField> Wrong { get; } = [];

        public string Text(string name) => parts.TryGetValue(name, out var values) && values is [{ } text, ..]
            ? new string([.. text.Where(c => !char.IsControl(c)).Take(OrderSearchText.MaxLength)])
            : "";

        /// <summary>One value per repetition of the name: brands may contain commas.</summary>
        public IReadOnlyList<string> Each(string name) => parts.TryGetValue(name, out var values)
            ? [.. values.Select(value => new string([.. (value ?? "").Where(c => !char.IsControl(c))])).Where(v => v.Length is > 0 and <= LongestValue).Distinct().Take(MostValues)]
            : [];

        public IReadOnlyList<string> Any(string name) =>
            [.. Text(name).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(v => v.Length <= LongestValue).Distinct().Take(MostValues)];

        public IReadOnlyList<string> Of(string name, IReadOnlyList<string> allowed)
        {
            var all = Any(name);
            if (all.FirstOrDefault(value => !allowed.Contains(value)) is { } wrong)
            {
                Wrong.Add(new FilterField(name, wrong, $"There is no {name} \"{wrong}\". Choose one of {string.Join(", ", allowed)}."));
            }

            return [.. all.Where(allowed.Contains)];
        }

        public T? One<T>(string name, Func<string, T?> read, string help)
            where T : struct
        {
            var text = Text(name);
            if (text.Length == 0)
            {
                return null;
            }

            var value = read(text);
            if (value is null)
            {
                Wrong.Add(new FilterField(name, text.Length > 24 ? text[..24] + "…" : text, help));
            }

            return value;
        }
    }
}
