using ControlTower.Simulator.Shopify;

namespace ControlTower.Simulator.Traffic;

/// <summary>Makes the n-th order of a shop. Pure: the same market, seed, ordinal, wishes and charges give the same order but for its time.</summary>
public static class BasketMaker
{
    public static ShopOrder Make(Market market, int seed, long ordinal, DateTimeOffset now, Wishes wishes, Charges charges)
    {
        var dice = new Dice(seed, market.Index, ordinal, 1);
        var buyer = People.Meet(market, seed, dice, ordinal, wishes.Guest, wishes.Country);
        var collects = wishes.ClickAndCollect ?? dice.Chance(0.08);
        var fromStore = !collects && (wishes.ShipFromStore ?? dice.Chance(0.07));
        var place = collects || fromStore ? 1 + dice.Below(market.Sites.Count - 1) : 0;
        var site = market.Sites[place];
        var shipTo = collects ? site.Address with { FirstName = buyer.Home.FirstName, LastName = buyer.Home.LastName, Phone = buyer.Home.Phone } : buyer.Home;
        var lines = Lines(market, ordinal, dice, wishes, charges);
        var discounts = Discounting.Agree(market, dice, wishes.Discount, charges, ref lines);
        var taxed = lines.Select(l => l.Line with { Taxes = Tax(market, l.Line.Net, TaxTable.Goods(shipTo, l.Kids)) }).ToList();
        var goods = taxed.Sum(l => l.Net);
        var name = $"{market.OrderPrefix}-{market.FirstOrderNumber + ordinal - 1}";
        return new ShopOrder
        {
            Id = Ids.Order(market, ordinal),
            Number = (int)(market.FirstOrderNumber + ordinal - 1),
            Name = name,
            CreatedAt = now,
            UpdatedAt = now,
            Buyer = buyer,
            CustomerId = Ids.Customer(market, buyer.Number),
            Billing = buyer.Home,
            Shipping = shipTo,
            LocationId = Ids.Location(market, place),
            FulfillmentOrderId = Ids.FulfillmentOrder(market, ordinal),
            Note = dice.Chance(0.05) ? "Please leave with the neighbour" : null,
            Attributes = Attributes(collects, fromStore, site),
            Discounts = discounts,
            Lines = taxed,
            Carriage = [Carriage(market, ordinal, dice, goods, collects, site, shipTo)],
        };
    }

    private static List<(OrderLine Line, bool Kids)> Lines(Market market, long ordinal, Dice dice, Wishes wishes, Charges charges)
    {
        var range = Range.Of(market.Brand);
        var count = wishes.Lines ?? (wishes.Sku is not null ? 1 : dice.Below(10) switch { < 4 => 1, < 7 => 2, < 9 => dice.Between(3, 4), _ => dice.Between(5, 6) });
        var chosen = new List<Article>();
        if (wishes.Sku is not null) chosen.Add(range.First(a => a.Sku == wishes.Sku));
        if (wishes.UnknownSku) chosen.Add(range.First(a => a.Ghost));
        while (chosen.Count < count)
        {
            var article = dice.Pick(range);
            if (!article.Ghost && !chosen.Contains(article)) chosen.Add(article);
        }

        return chosen.Select((a, i) => (Line(market, ordinal, i + 1, a, wishes.Quantity ?? (dice.Chance(0.8) ? 1 : dice.Between(2, 4)), charges.Price(a)), a.Style.Kids)).ToList();
    }

    private static OrderLine Line(Market market, long ordinal, int place, Article article, int quantity, decimal price) => new()
    {
        Id = Ids.Line(market, ordinal, place),
        FulfillmentLineId = Ids.FulfillmentLine(market, ordinal, place),
        ProductId = Ids.Product(market, article),
        VariantId = Ids.Variant(market, article),
        InventoryItemId = Ids.InventoryItem(market, article),
        Sku = article.Sku,
        Title = article.Style.Title,
        VariantTitle = article.VariantTitle,
        Vendor = market.Brand == "fjell" ? "Fjell" : "Northlane",
        Grams = article.Style.Grams,
        Quantity = quantity,
        Price = price,
    };

    private static ShippingCharge Carriage(Market market, long ordinal, Dice dice, decimal goods, bool collects, Site site, Address to)
    {
        var express = !collects && dice.Chance(0.15);
        var price = collects || (!express && goods >= market.FreeShippingFrom) ? 0 : express ? market.Shipping * 2 : market.Shipping;
        return new ShippingCharge
        {
            Id = Ids.Shipping(market, ordinal),
            Code = collects ? site.Code : express ? "EXPRESS" : "STANDARD",
            Title = collects ? $"Pickup at {site.Name}" : express ? "Express" : "Standard",
            Price = price,
            Taxes = price == 0 ? [] : Tax(market, price, TaxTable.Carriage(to)),
        };
    }

    /// <summary>Tax of one line, each tax rounded on its own as the shop does: inside the price where prices include it, on top elsewhere.</summary>
    public static IReadOnlyList<TaxLine> Tax(Market market, decimal net, IReadOnlyList<TaxRate> rates)
    {
        var all = rates.Sum(r => r.Rate);
        return rates.Select(r => new TaxLine(r.Title, r.Rate, market.Round(market.TaxesIncluded ? net * r.Rate / (1 + all) : net * r.Rate))).ToList();
    }

    private static List<NoteAttribute> Attributes(bool collects, bool fromStore, Site site)
    {
        if (collects) return [new("fulfilment", "click-and-collect"), new("pickup_location", site.Code)];
        return fromStore ? [new("fulfilment", "ship-from-store"), new("ship_from", site.Code)] : [];
    }
}
