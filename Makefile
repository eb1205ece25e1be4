.PHONY: run test check bench
run: ; python3 manage.py up
test: ; python3 manage.py test
check: ; python3 manage.py check
bench: ; python3 manage.py bench
