class FilterError(ValueError):
    pass
class UnknownFilter(ValueError):
    pass
