namespace ControlTower.Data.Canonical;

/// <param name="Field">Of the plan, as <c>offer.percent</c>.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record PlanProblem(string Field, string Message);

/// <summary>What makes a plan unusable, whatever channels hold: all problems at once, each named by its field. A plan with problems is never stored. Pure.</summary>
public static class PromotionCheck
{
    public const int MostSkus = 100_000;
    public const int MostStages = 20;
    public const int MostRuleParts = 100;
    public const int MostStores = 5_000;
    public const int MostPriceLists = 100;
    public const int LongestName = 120;
    private const decimal HighestPrice = 1_000_000_000m;

    public static IReadOnlyList<PlanProblem> Of(PromotionPlan plan) =>
        [.. Head(plan), .. Offer(plan.Offer), .. Products(plan.Products), .. Stages(plan), .. Rules(plan.Rules)];

    private static IEnumerable<PlanProblem> Head(PromotionPlan plan)
    {
        if (string.IsNullOrWhiteSpace(plan.Name) || plan.Name.Length > LongestName || plan.Name.Any(c => char.IsControl(c) || c is '[' or ']'))
        {
            yield return new("name", $"Give it a name of at most {LongestName} characters, without square brackets.");
        }

        if (plan.Ends <= plan.Starts)
        {
            yield return new("ends", "It ends before it starts. Give an end that is later than the start.");
        }
        else if (plan.Ends - plan.Starts > TimeSpan.FromDays(400))
        {
            yield return new("ends", "It lasts more than 400 days. Give an earlier end; a price for ever belongs into the ERP.");
        }

        if (plan.Connections.Count == 0)
        {
            yield return new("connections", "Choose at least one channel.");
        }

        if (plan.Stores.Count > MostStores)
        {
            yield return new("stores", $"{plan.Stores.Count} stores are chosen; at most {MostStores} fit into one promotion.");
        }

        var lists = plan.PriceLists ?? [];
        if (lists.Count > MostPriceLists || lists.Any(l => string.IsNullOrWhiteSpace(l.List) || l.List.Length > 60) || lists.Distinct().Count() < lists.Count)
        {
            yield return new("priceLists", $"Name at most {MostPriceLists} price lists, each once, as its channel names it.");
        }

        if (lists.Select(l => l.Connection).Except(plan.Connections).FirstOrDefault() is { } stranger)
        {
            yield return new("priceLists", $"A price list of {stranger} is named, which is not among the promotion's channels.");
        }

        if (lists.Count > 0 && plan.Offer.IsAtCheckout)
        {
            yield return new("priceLists", "A reduction at the checkout holds for the whole shop. Take the price lists out, or reduce the prices themselves.");
        }

        if (Twice(plan.Connections) is { } connection)
        {
            yield return new("connections", $"{connection} is chosen twice.");
        }

        if (Twice(plan.Stores) is { } store)
        {
            yield return new("stores", $"{store} is chosen twice.");
        }

        if (plan.PriceGroup is { } group && (string.IsNullOrWhiteSpace(group) || group.Length > 60))
        {
            yield return new("priceGroup", "A price group has 1 to 60 characters.");
        }
    }

    private static IEnumerable<PlanProblem> Offer(PromotionOffer offer)
    {
        var most = offer.Kind == OfferKind.BuyXGetY ? 100m : 99.99m;
        if (offer.Kind is OfferKind.Percent or OfferKind.CheckoutPercent or OfferKind.BuyXGetY && (offer.Percent <= 0 || offer.Percent > most))
        {
            yield return new("offer.percent", $"{offer.Percent} percent off is not possible. Give a percentage above 0 and up to {most}.");
        }

        if (offer.Percent != decimal.Round(offer.Percent, 2))
        {
            yield return new("offer.percent", "A percentage has at most two decimals.");
        }

        if (offer.Kind is OfferKind.Amount or OfferKind.Fixed or OfferKind.CompareAt or OfferKind.CheckoutAmount)
        {
            if (offer.Amounts is not { Count: > 0 } amounts)
            {
                yield return new("offer.amounts", "Give an amount for each currency that the chosen channels sell in.");
            }
            else
            {
                foreach (var (currency, amount) in amounts)
                {
                    if (Money($"offer.amounts.{currency}", currency, amount) is { } problem)
                    {
                        yield return problem;
                    }
                }
            }
        }

        if (offer.Kind == OfferKind.BuyXGetY && (offer.Buy is < 1 or > 100 || offer.Get is < 1 or > 100))
        {
            yield return new("offer.buy", "Say how many are bought and how many are got, 1 to 100 each.");
        }

        if (offer.Ending is { } ending && (offer.EndingUnit is not (1 or 10 or 100 or 1000) || ending < 0 || ending >= offer.EndingUnit))
        {
            yield return new("offer.ending", "An ending lies between 0 and what repeats: 0.95 within 1, or 9.95 within 10.");
        }

        if (offer.Code is { } code && (!offer.IsAtCheckout || code.Length is 0 or > 60 || code.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))))
        {
            yield return new("offer.code", "A code has 1 to 60 characters without spaces, and belongs to a reduction at the checkout.");
        }
    }

    private static IEnumerable<PlanProblem> Products(PromotionProducts products)
    {
        if (products.Skus.Count > MostSkus)
        {
            yield return new("products.skus", $"{products.Skus.Count} SKUs are named; at most {MostSkus} fit into one promotion. Split it.");
        }

        if (products.Skus.FirstOrDefault(s => string.IsNullOrWhiteSpace(s) || s.Length > 100 || s.Any(char.IsControl)) is { } odd)
        {
            yield return new("products.skus", $"\"{Short(odd)}\" is no SKU: it is empty, longer than 100 characters or has control characters.");
        }

        if (Twice(products.Skus) is { } sku)
        {
            yield return new("products.skus", $"{Short(sku)} is named twice. Name each SKU once.");
        }

        if (products.Skus.Count == 0 && products.Rule is null or { IsEmpty: true } && products.Prices is not { Count: > 0 })
        {
            yield return new("products.skus", "Name SKUs, or a rule that finds them.");
        }

        if (products.Rule is { } rule && ((rule.InCollections?.Count ?? 0) + (rule.Facets?.Count ?? 0) > MostRuleParts
            || (rule.InCollections ?? []).Any(c => string.IsNullOrWhiteSpace(c) || c.Length > CatalogFacet.LongestValue)
            || (rule.Facets ?? []).Any(f => string.IsNullOrWhiteSpace(f.Name) || f.Name.Length > CatalogFacet.LongestName || string.IsNullOrWhiteSpace(f.Value) || f.Value.Length > CatalogFacet.LongestValue)))
        {
            yield return new("products.rule.facets", $"A rule names at most {MostRuleParts} collections and attributes, each with a name and a value of at most {CatalogFacet.LongestValue} characters.");
        }

        if (products.Rule is { PriceFrom: < 0 } or { PriceTo: < 0 } || products.Rule is { PriceFrom: { } from, PriceTo: { } to } && from > to)
        {
            yield return new("products.rule.priceTo", "The prices of a rule go from a lower one to a higher one.");
        }

        if (products.Prices is { } prices)
        {
            if (prices.Count > MostSkus)
            {
                yield return new("products.prices", $"{prices.Count} prices are given; at most {MostSkus} fit into one promotion. Split it.");
            }

            var seen = new HashSet<(string, string)>();
            foreach (var price in prices)
            {
                if (Money("products.prices", price.Currency, price.Price) is { } problem)
                {
                    yield return problem with { Message = $"{Short(price.Sku)}: {problem.Message}" };
                    yield break;
                }

                if (!seen.Add((price.Sku, price.Currency)))
                {
                    yield return new("products.prices", $"{Short(price.Sku)} has two prices in {price.Currency}. Give one.");
                    yield break;
                }
            }
        }
    }

    private static IEnumerable<PlanProblem> Stages(PromotionPlan plan)
    {
        if (plan.Stages.Count is 0 or > MostStages)
        {
            yield return new("stages", $"A release has 1 to {MostStages} stages.");
        }

        foreach (var (stage, at) in plan.Stages.Select((s, i) => (s, i)))
        {
            if (string.IsNullOrWhiteSpace(stage.Name) || stage.Name.Length > 60)
            {
                yield return new($"stages.{at}.name", "Each stage has a name of at most 60 characters.");
            }

            if (stage.Hold == StageHold.Minutes && stage.Minutes is < 1 or > 14 * 24 * 60)
            {
                yield return new($"stages.{at}.minutes", "A stage waits 1 minute to 14 days.");
            }

            if (stage.Hold == StageHold.Person && stage.Minutes is < 0 or > 14 * 24 * 60)
            {
                yield return new($"stages.{at}.minutes", "A person has 1 minute to 14 days to advance a stage; without a number, for as long as the promotion lasts.");
            }

            if (at == 0 && stage is { Hold: StageHold.Person, Minutes: > 0 })
            {
                yield return new("stages.0.minutes", "The first stage has until the promotion expires: say that in the gate.");
            }

            if (at == 0 && stage.Hold == StageHold.Minutes)
            {
                yield return new("stages.0.hold", "The first stage has none before it to wait for: it begins at its hour, or when a person advances it.");
            }

            if (stage.Connections.Except(plan.Connections).FirstOrDefault() is { } stranger)
            {
                yield return new($"stages.{at}.connections", $"{stranger} is not among the promotion's channels.");
            }

            if (stage.Stores.Except(plan.Stores).FirstOrDefault() is { } store)
            {
                yield return new($"stages.{at}.stores", $"{store} is not among the promotion's stores.");
            }

            if (stage.Instructions is { Length: > 1000 } || stage.Team is { Length: > 60 })
            {
                yield return new($"stages.{at}.instructions", "Instructions have at most 1,000 characters, a team's name 60.");
            }
        }

        foreach (var missing in plan.Connections.Where(c => !plan.Stages.Any(s => s.Connections.Count == 0 || s.Connections.Contains(c))))
        {
            yield return new("stages", $"No stage releases {missing}. Name it in a stage, or leave a stage open to all channels.");
        }

        foreach (var missing in plan.Stores.Where(p => !plan.Stages.Any(s => s.Stores.Count == 0 || s.Stores.Contains(p))).Take(3))
        {
            yield return new("stages", $"No stage releases store {missing}. Name it in a stage, or leave a stage open to all stores.");
        }
    }

    private static IEnumerable<PlanProblem> Rules(PromotionRules rules)
    {
        if (rules.Parity is <= 0 or > 100)
        {
            yield return new("rules.parity", "The share of prices that must be read back lies above 0 and up to 100 percent.");
        }

        if (rules.StartWithin is < 1 or > 7 * 24 * 60)
        {
            yield return new("rules.startWithin", "It expires 1 minute to 7 days after its start.");
        }

        if (rules.MarginFloor is < -100 or >= 100)
        {
            yield return new("rules.marginFloor", "A margin floor lies between -100 and 100 percent.");
        }

        if (rules.Budget is { } budget && (budget <= 0 || !Currencies.IsCode(rules.BudgetCurrency)))
        {
            yield return new("rules.budget", "A budget is more than zero and has a currency.");
        }

        foreach (var (guard, at) in (rules.Guards ?? []).Select((g, i) => (g, i)))
        {
            if (guard.Limit < 0 || (guard.Kind is not (GuardKind.OrderRate or GuardKind.UsualOrders) && guard.Limit > 100) || guard.Action == OnBreach.Ask)
            {
                yield return new($"rules.guards.{at}", "A guard has a limit of its unit (percent: 0 to 100) and pauses or rolls back.");
            }
        }

        if ((rules.Guards ?? []).GroupBy(g => g.Kind).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            yield return new("rules.guards", $"There are two guards of the kind {twice.Key}. Keep one.");
        }
    }

    private static PlanProblem? Money(string field, string currency, decimal amount) =>
        !Currencies.IsCode(currency) ? new(field, $"\"{Short(currency)}\" is no currency code.")
        : amount <= 0 || amount > HighestPrice ? new(field, $"{amount} {currency} is no price. Give an amount above zero.")
        : amount != decimal.Round(amount, Currencies.Decimals(currency)) ? new(field, $"{amount} {currency} has more decimals than {currency} has ({Currencies.Decimals(currency)}).")
        : null;

    private static string? Twice(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return names.FirstOrDefault(n => !seen.Add(n));
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40];
}
