using System.Globalization;
using ControlTower.Data.ApiClients;
using ControlTower.Data.Canonical;
using ControlTower.Data.Inventory;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// <c>/api/v1/reservations</c>: goods held for a while. Every request may be repeated: the first by its Idempotency-Key, the others because they say what shall be. An answer that got lost is
/// read again with GET. A hold is seen and ended by the client that made it alone.
/// </summary>
internal static class ReservationsApi
{
    private const string One = $"{GovernedApi.Root}/reservations/{{id:guid}}";
    private const int MostLines = 100;
    private const int MostPieces = 10_000;
    private const int Longest = 86_400;
    private const int Shortest = 30;
    private const int Usual = 900;

    private static readonly Problem NotYours = Problem.NotFound with { Detail = "This client has no reservation of this id." };
    private static readonly Problem Busy = Problem.TooMany with { Detail = "Too many wishes wait. Nothing was held. Send it again." };

    public static void MapReservations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost($"{GovernedApi.Root}/reservations", HoldAsync).Governed(Scopes.ReservationsWrite, new ApiOperation(
            "reservations.create", "reservations", "Hold goods", "Holds goods for a while: all lines or none. A pick-up and a till are served by their location alone.")
        {
            Body = new ApiBody(ApiJson.Default.ReservationAsked, """{"kind": "cart", "channel": "shopify-eu", "reference": "cart-8c1f", "seconds": 900, "lines": [{"sku": "RH-00001", "quantity": 2}]}"""),
            Answers = [new ApiAnswer(201, ApiJson.Default.Reservation, "The goods are held.")], Problems = [new("out-of-stock", "", 409, ""), new("stock-uncertain", "", 409, "")], Key = ApiKeyUse.Own,
        });
        routes.MapGet(One, (Guid id, HttpContext http, StockHoldStore holds, TimeProvider clock) => ShowAsync(http, clock, holds.FindAsync(id, ApiKeyScheme.CallerOf(http).Subject, http.RequestAborted)))
            .Governed(Scopes.ReservationsWrite, Told("show", "A hold", "The hold as it stands."));
        routes.MapPost($"{One}/commit", (Guid id, HttpContext http, StockHoldStore holds, TimeProvider clock) =>
            EndAsync(http, clock, HoldState.Committed, holds.CommitAsync(id, ApiKeyScheme.CallerOf(http).Subject, http.RequestAborted)))
            .Governed(Scopes.ReservationsWrite, Told("commit", "The goods left", "The goods left with the buyer, and no order will tell of it."));
        routes.MapPost($"{One}/release", (Guid id, HttpContext http, StockHoldStore holds, TimeProvider clock) =>
            EndAsync(http, clock, HoldState.Released, holds.ReleaseAsync(id, ApiKeyScheme.CallerOf(http).Subject, http.RequestAborted)))
            .Governed(Scopes.ReservationsWrite, Told("release", "Give the goods back", "The goods are free again."));
        routes.MapPost($"{One}/extend", ExtendAsync)
            .Governed(Scopes.ReservationsWrite, Told("extend", "More time", "The hold lasts so many seconds from now.") with { Body = new ApiBody(ApiJson.Default.ExtensionAsked, """{"seconds": 900}""") });
        routes.MapPut($"{One}/order", NameOrderAsync)
            .Governed(Scopes.ReservationsWrite, Told("name-order", "Name the order", "Names the order that takes the goods over; the hold then lasts at least 24 hours.") with { Body = new ApiBody(ApiJson.Default.OrderAsked, """{"source": "shopify-eu", "id": "5400000000001"}""") });
    }

    private static ApiOperation Told(string verb, string summary, string words) => new($"reservations.{verb}", "reservations", summary, words)
    {
        Parameters = [ApiParameter.Uuid("id")], Answers = [new ApiAnswer(200, ApiJson.Default.Reservation, "The hold as it stands.")],
        Problems = verb == "show" ? [NotYours] : [NotYours, new("reservation-over", "", 409, "")],
    };

    private static async Task<IResult> HoldAsync(
        HttpContext http, StockReserver reserver, StockHoldStore holds, StockQueries stock, TimeProvider clock)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        var (key, noKey) = ApiRequest.IdempotencyKey(http);
        if (key is null)
            return Problems.Result(noKey!);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.ReservationAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        var errors = Faults(asked);
        if (await GovernedApi.WrongChannelAsync(http, asked.Channel, "/channel") is { } wrong)
            errors.Add(wrong);
        if (errors.Count == 0 && asked.Location is not null && !await stock.HasPlaceAsync(asked.Location, http.RequestAborted))
            errors.Add(new FieldError("/location", "unknown-location", "There is no place of this name."));
        if (errors.Count > 0)
            return Problems.Result(ApiRequest.Invalid(errors));

        var wish = WishOf(asked, caller, ApiRequest.IdOf(caller, key));
        if (!reserver.TryHold(wish, out var answering))
            return Problems.Result(Busy);
        switch (await answering)
        {
            case HoldAnswer.Reused:
                return Problems.Result(ApiRequest.Reused);
            case HoldAnswer.Short missing:
                return Problems.Result(await ShortAsync(asked, missing, stock, http.RequestAborted));
            case HoldAnswer.Uncertain doubted:
                return Problems.Result(Uncertain(asked, doubted));
            case HoldAnswer.Ended:
                return Problems.Result(Over((await holds.FindAsync(wish.Id, wish.Client, http.RequestAborted))!, clock));
            default:
                var hold = (await holds.FindAsync(wish.Id, wish.Client, http.RequestAborted))!;
                return Results.Json(Told(hold, clock), ApiJson.Default.Reservation, statusCode: StatusCodes.Status201Created).At(http, $"{GovernedApi.Root}/reservations/{hold.Id}");
        }
    }

    private static async Task<IResult> ExtendAsync(Guid id, HttpContext http, StockHoldStore holds, TimeProvider clock)
    {
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.ExtensionAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        if (asked.Seconds is < Shortest or > Longest)
            return Problems.Result(ApiRequest.Invalid([WrongTime]));
        return await EndAsync(http, clock, HoldState.Active, holds.ExtendAsync(id, ApiKeyScheme.CallerOf(http).Subject, TimeSpan.FromSeconds(asked.Seconds), http.RequestAborted));
    }

    private static async Task<IResult> NameOrderAsync(Guid id, HttpContext http, StockHoldStore holds, TimeProvider clock)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        var (asked, unreadable) = await ApiRequest.BodyAsync(http, ApiJson.Default.OrderAsked);
        if (asked is null)
            return Problems.Result(unreadable!);
        if (await GovernedApi.WrongChannelAsync(http, asked.Source, "/source") is { } wrong)
            return Problems.Result(ApiRequest.Invalid([wrong]));
        if (!ApiRequest.IsText(asked.Id, 120))
            return Problems.Result(ApiRequest.Invalid([new FieldError("/id", "bad-id", "Give the order's id at its shop, 1 to 120 characters.")]));
        var order = new OrderKey(asked.Source, asked.Id);
        if (await holds.NameOrderAsync(id, caller.Subject, order, http.RequestAborted) is not { } hold)
            return Problems.Result(NotYours);
        if (hold.Channel is { } channel && channel != asked.Source)
            return Problems.Result(ApiRequest.Invalid([new FieldError("/source", "other-channel", $"This is held for {channel}: what is kept from another channel could be had past its rules. Make a new one for that channel.")]));
        return hold.Order == order && (hold.State is HoldState.Taken || IsGood(hold, clock)) ? Shown(hold, clock) : Problems.Result(Over(hold, clock));
    }

    private static async Task<IResult> ShowAsync(HttpContext http, TimeProvider clock, Task<StockHold?> finding) =>
        await finding is { } hold ? Shown(hold, clock) : Problems.Result(NotYours);

    /// <summary>What the hold has become, if that is what was asked for; else that it is over, and how.</summary>
    private static async Task<IResult> EndAsync(HttpContext http, TimeProvider clock, HoldState wanted, Task<StockHold?> ending)
    {
        if (await ending is not { } hold)
            return Problems.Result(NotYours);
        // Whose time was up has its goods back on the shelf, which is all that giving back can do.
        var good = hold.State == wanted || (wanted is HoldState.Released && hold.State is HoldState.Expired);
        return good && (wanted is not HoldState.Active || IsGood(hold, clock)) ? Shown(hold, clock) : Problems.Result(Over(hold, clock));
    }

    private static bool IsGood(StockHold hold, TimeProvider clock) => hold.State is HoldState.Active && hold.ExpiresAt > clock.GetUtcNow();

    private static IResult Shown(StockHold hold, TimeProvider clock) => Results.Json(Told(hold, clock), ApiJson.Default.Reservation);

    private static Problem Over(StockHold hold, TimeProvider clock) => new(
        "reservation-over", "This reservation is over", 409,
        hold.Order is { } order && IsGood(hold, clock)
            ? $"It is kept for the order {Problems.Cut(order.Id)} of {order.Source}. Nothing was changed."
            : $"It is {StateOf(hold, clock)}. Nothing was changed. Make a new one if the goods are still wanted.");

    private static List<FieldError> Faults(ReservationAsked asked)
    {
        var errors = new List<FieldError>();
        if (!ApiRequest.IsText(asked.Reference, 120))
            errors.Add(new FieldError("/reference", "bad-reference", "Give what you call it, 1 to 120 characters, such as the cart's token."));
        if (asked.Seconds is < Shortest or > Longest)
            errors.Add(WrongTime);
        if (asked.Location is null ? asked.Kind is HoldKind.Pickup or HoldKind.Till : !ApiRequest.IsText(asked.Location, 60))
            errors.Add(new FieldError("/location", "location-needed", "Name the place that serves it."));
        if (asked.Lines.Count is 0 or > MostLines)
            errors.Add(new FieldError("/lines", "count", $"Give 1 to {MostLines} lines."));
        for (var i = 0; i < Math.Min(asked.Lines.Count, MostLines); i++)
        {
            if (asked.Lines[i] is not { } line)
            {
                errors.Add(ApiRequest.Null(At(i, "")));
                continue;
            }

            if (!ApiRequest.IsText(line.Sku, 100))
                errors.Add(new FieldError(At(i, "sku"), "bad-sku", "A SKU has 1 to 100 characters and no control characters."));
            if (line.Quantity is < 1 or > MostPieces)
                errors.Add(new FieldError(At(i, "quantity"), "bad-quantity", $"Give a whole number from 1 to {MostPieces}."));
            if (line.Id is not null && !ApiRequest.IsText(line.Id, 60))
                errors.Add(new FieldError(At(i, "id"), "bad-id", "A line's id has 1 to 60 characters."));
        }

        return errors;
    }

    private static FieldError WrongTime => new("/seconds", "bad-seconds", $"Give {Shortest} to {Longest} seconds.");

    private static async Task<Problem> ShortAsync(ReservationAsked asked, HoldAnswer.Short answer, StockQueries stock, CancellationToken cancel)
    {
        var unknown = await stock.UnknownAsync([.. answer.Shortages.Select(s => s.Sku)], cancel);
        var errors = answer.Shortages.Select(s =>
        {
            var at = asked.Lines.ToList().FindIndex(line => line.Sku == s.Sku);
            return unknown.Contains(s.Sku, StringComparer.Ordinal)
                ? new FieldError(At(at, "sku"), "unknown-sku", $"No place keeps this SKU.{Odd(s.Sku)}")
                : new FieldError(At(at, "quantity"), "short", string.Create(
                    CultureInfo.InvariantCulture, $"{s.Missing} of {s.Wanted} missing{(asked.Split == false ? ": no single place has all lines" : "")}."));
        }).ToList();
        return new Problem("out-of-stock", "Not enough there", 409, "Nothing was held. See errors for each SKU that is short.", Retryable: true, Errors: errors);
    }

    private static Problem Uncertain(ReservationAsked asked, HoldAnswer.Uncertain answer) => new(
        "stock-uncertain", "Not certain enough for a pick-up", 409, "Nothing was held. Offer another place, or have it sent: see errors for each SKU whose count there has been wrong again and again.",
        Errors: [.. answer.Skus.Select(sku => new FieldError(
            At(asked.Lines.ToList().FindIndex(line => line.Sku == sku), "sku"), "uncertain", "What was shown of it at this place has been wrong in check after check, and is less trusted until it agrees again."))]);

    // A letter of another alphabet that looks like a Latin one is the likeliest reason why a SKU that a person sees is not found.
    private static string Odd(string sku) =>
        sku.FirstOrDefault(c => !char.IsAscii(c)) is var odd && odd != default ? $" It has the character {Problems.Cut(odd.ToString())} (U+{(int)odd:X4}), which may only look like the right one." : " Check its spelling.";

    private static HoldRequest WishOf(ReservationAsked asked, ApiCaller caller, Guid id) => new(
        id, asked.Kind, asked.Channel, asked.Kind is HoldKind.Pickup or HoldKind.Till ? FulfilmentMode.ClickAndCollect : FulfilmentMode.Ship, asked.Location, asked.Split ?? true, asked.Reference,
        caller.Subject, TimeSpan.FromSeconds(asked.Seconds ?? Usual),
        [.. asked.Lines.Select((line, i) => new StockLine(line.Id ?? (i + 1).ToString(CultureInfo.InvariantCulture), line.Sku, line.Quantity))]);

    private static Reservation Told(StockHold hold, TimeProvider clock) => new(
        hold.Id, Word(hold.Kind), hold.Channel, hold.Reference, StateOf(hold, clock), hold.MadeAt, hold.ExpiresAt, hold.EndedAt,
        hold.Order is { } order ? new OrderAsked(order.Source, order.Id) : null, [.. hold.Parts.Select(p => new ReservationPart(p.OrderLineId, p.Sku, p.Location, p.Quantity))]);

    // Over its time it can do nothing any more, whether or not its goods have been given back yet.
    private static string StateOf(StockHold hold, TimeProvider clock) => Word(hold.State is HoldState.Active && hold.ExpiresAt <= clock.GetUtcNow() ? HoldState.Expired : hold.State);

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string At(int line, string member) => string.Create(CultureInfo.InvariantCulture, $"/lines/{line}/{member}").TrimEnd('/');

    private static IResult At(this IResult result, HttpContext http, string address)
    {
        http.Response.Headers.Location = address;
        return result;
    }
}
