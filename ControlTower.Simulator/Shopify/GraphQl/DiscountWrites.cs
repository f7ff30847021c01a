using System.Globalization;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>Discounts are made, changed, started and ended. The vendor has a mutation for each kind; they differ in names alone.</summary>
internal static class DiscountWrites
{
    private const int MostItems = 100;

    public static async Task<object?> Run(string field, Asked a, string payload)
    {
        var (hasCode, isBuySome) = (field.StartsWith("discountCode", StringComparison.Ordinal), field.Contains("Bxgy", StringComparison.Ordinal));
        var written = await a.Shop.ChangeAsync(change => a.Shop.Discounts.Keep(change, field switch
        {
            _ when field.EndsWith("Deactivate", StringComparison.Ordinal) => Ended(Need(a, hasCode), a.Shop.Now),
            _ when field.EndsWith("Activate", StringComparison.Ordinal) => Started(Need(a, hasCode), a.Shop.Now),
            _ when field.EndsWith("Update", StringComparison.Ordinal) => Filled(a, Need(a, hasCode, isBuySome)),
            _ when field.EndsWith("Create", StringComparison.Ordinal) => Filled(a, new ShopDiscount { Id = a.Shop.Discounts.NextId, CreatedAt = a.Shop.Now, HasCode = hasCode, IsBuySome = isBuySome }),
            _ => throw new NotModelled("Mutation", field),
        }));
        return Mutations.Done(payload, (hasCode ? "codeDiscountNode" : "automaticDiscountNode", DiscountNodes.Written(written)));
    }

    private static ShopDiscount Need(Asked a, bool hasCode, bool? isBuySome = null) =>
        DiscountNodes.Find(a, a.Arg<string>("id")) is { } found && found.HasCode == hasCode && (isBuySome ?? found.IsBuySome) == found.IsBuySome
            ? found : throw new ShopRefusal("Discount does not exist.", "INVALID", "id");

    private static ShopDiscount Ended(ShopDiscount d, DateTimeOffset now) => d.EndsAt <= now ? d : d with { StartsAt = d.StartsAt > now ? now : d.StartsAt, EndsAt = now };

    private static ShopDiscount Started(ShopDiscount d, DateTimeOffset now) => d with { StartsAt = d.StartsAt > now ? now : d.StartsAt, EndsAt = d.EndsAt <= now ? null : d.EndsAt };

    private static ShopDiscount Filled(Asked a, ShopDiscount d)
    {
        var argument = d.HasCode ? $"{(d.IsBuySome ? "bxgy" : "basic")}CodeDiscount" : $"automatic{(d.IsBuySome ? "Bxgy" : "Basic")}Discount";
        var input = a.Input(argument);
        if (input.Keys.FirstOrDefault(k => k is not ("title" or "code" or "startsAt" or "endsAt" or "context" or "customerGets" or "customerBuys")) is { } other) throw new NotModelled($"{d.Type}Input", other);
        d = d with
        {
            Title = input.GetValueOrDefault("title") as string ?? d.Title,
            Code = input.GetValueOrDefault("code") as string ?? d.Code,
            StartsAt = Time(input, "startsAt") ?? (d.StartsAt == default ? a.Shop.Now : d.StartsAt),
            EndsAt = input.ContainsKey("endsAt") ? Time(input, "endsAt") : d.EndsAt,
        };
        if (Part(input, "customerGets") is { } gets) d = Got(a, d, gets, argument);
        if (Part(input, "customerBuys") is { } buys) d = d with { BoughtVariants = Variants(a, d.BoughtVariants, buys, argument, "customerBuys"), Buys = Whole(Part(buys, "value"), "quantity") ?? d.Buys };
        return Checked(a, d, argument);
    }

    private static ShopDiscount Got(Asked a, ShopDiscount d, IReadOnlyDictionary<string, object?> gets, string argument)
    {
        d = d with { Variants = Variants(a, d.Variants, gets, argument, "customerGets") };
        if (Part(gets, "value") is not { } value) return d;
        var quantity = Part(value, "discountOnQuantity");
        var effect = quantity is null ? value : Part(quantity, "effect")!;
        var amount = Part(effect, "discountAmount");
        return d with { Percent = Number(effect, "percentage"), Amount = amount is null ? null : Number(amount, "amount"), Gets = quantity is null ? null : Whole(quantity, "quantity") };
    }

    private static ShopDiscount Checked(Asked a, ShopDiscount d, string argument)
    {
        if (d.Title.Length == 0) throw new ShopRefusal("Title can't be blank", "BLANK", argument, "title");
        if (d.HasCode && string.IsNullOrEmpty(d.Code)) throw new ShopRefusal("Code can't be blank", "BLANK", argument, "code");
        if (d.EndsAt <= d.StartsAt) throw new ShopRefusal("Ends at needs to be after starts_at", "END_DATE_BEFORE_START_DATE", argument, "endsAt");
        if (d is { Percent: null, Amount: null } || d.Percent is <= 0 or > 1) throw new ShopRefusal("Value must be between 0.0 and 1.0", "VALUE_OUTSIDE_RANGE", argument, "customerGets", "value", "percentage");
        if (d.Amount <= 0) throw new ShopRefusal("Amount must be greater than 0", "VALUE_OUTSIDE_RANGE", argument, "customerGets", "value", "discountAmount", "amount");
        if (d.Variants.Count == 0 || (d.IsBuySome && d.BoughtVariants.Count == 0)) throw new ShopRefusal("Items in 'customer get' must be defined", "APPLIES_ON_NOTHING", argument, "customerGets");
        if (d.IsBuySome && (d.Buys is null or < 1 || d.Gets is null or < 1)) throw new ShopRefusal("Quantity must be greater than 0", "GREATER_THAN", argument, "customerBuys", "value", "quantity");
        return d.HasCode && a.Shop.Discounts.All.Any(o => o.Id != d.Id && string.Equals(o.Code, d.Code, StringComparison.OrdinalIgnoreCase))
            ? throw new ShopRefusal("Code must be unique. Please try a different code.", "TAKEN", argument, "code") : d;
    }

    private static IReadOnlyList<long> Variants(Asked a, IReadOnlyList<long> shown, IReadOnlyDictionary<string, object?> side, string argument, string name)
    {
        if (Part(side, "items") is not { } items) return shown;
        if (items.Keys.FirstOrDefault(k => k != "products") is { } other) throw new NotModelled("DiscountItemsInput", other);
        var products = Part(items, "products")!;
        var listed = Traffic.Range.Of(a.Shop.Market.Brand).Select(x => Ids.Variant(a.Shop.Market, x)).ToHashSet();
        var added = (Mutations.Strings(products, "productVariantsToAdd") ?? []).Select(g => Ids.Parse("ProductVariant", g) ?? 0).ToList();
        if (added.Any(v => !listed.Contains(v))) throw new ShopRefusal("Product variant is invalid.", "INVALID", argument, name, "items", "products", "productVariantsToAdd");
        var removed = (Mutations.Strings(products, "productVariantsToRemove") ?? []).Select(g => Ids.Parse("ProductVariant", g) ?? 0);
        IReadOnlyList<long> all = [.. shown.Except(removed).Union(added)];
        return all.Count > MostItems ? throw new ShopRefusal("Exceeded the maximum number of product variants.", "EXCEEDED_MAX", argument, name, "items", "products", "productVariantsToAdd") : all;
    }

    private static IReadOnlyDictionary<string, object?>? Part(IReadOnlyDictionary<string, object?> input, string name) => input.GetValueOrDefault(name) as IReadOnlyDictionary<string, object?>;

    private static decimal? Number(IReadOnlyDictionary<string, object?> input, string name) => input.GetValueOrDefault(name) is { } number ? Convert.ToDecimal(number, CultureInfo.InvariantCulture) : null;

    private static int? Whole(IReadOnlyDictionary<string, object?>? input, string name) => input is not null && Number(input, name) is { } number ? (int)number : null;

    private static DateTimeOffset? Time(IReadOnlyDictionary<string, object?> input, string name) =>
        input.GetValueOrDefault(name) is string text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null;
}
