namespace ControlTower.Simulator.Square;

/// <summary>What happens at a till.</summary>
public enum SaleKind
{
    Card,
    Cash,

    /// <summary>Part in cash, part by card.</summary>
    Split,

    /// <summary>By card, with something for the staff.</summary>
    Tipped,

    /// <summary>Ten per cent off.</summary>
    Discounted,

    /// <summary>Goods of an earlier sale against new ones; the customer pays the difference.</summary>
    Exchange,

    /// <summary>One piece of an earlier sale comes back, with its receipt.</summary>
    Refund,

    /// <summary>Goods come back without a receipt; money goes out of the drawer.</summary>
    BlindReturn,
}
